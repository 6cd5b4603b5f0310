// Readers of objects from 1 KiB to 1 MiB, of whom three in five ask for what is in the cache; `k6/run cache-mixed`
// starts what it needs.
//
//   BASE_URL  the proxy             SIZES  how many sizes there are, each twice the one before
//   RATE      requests a second     HOT    how many objects are asked for again and again: /mixed/hot/0 and so on
//   DURATION  30s                   COLD   how many are asked for in turn: /mixed/cold/0 and so on
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Rate, Trend } from 'k6/metrics';

const base = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const rate = Number(__ENV.RATE || 200);
const sizes = Number(__ENV.SIZES || 11);
const hot = Number(__ENV.HOT || 110);
const cold = Number(__ENV.COLD || 4400);

const hits = new Rate('hits');
const hitDuration = new Trend('hit_duration', true);

export const options = {
  discardResponseBodies: true,    // k6 reads them and tells of those that end too early
  scenarios: {
    readers: {
      executor: 'constant-arrival-rate',
      rate: rate,
      timeUnit: '1s',
      duration: __ENV.DURATION || '30s',
      preAllocatedVUs: 50,
      maxVUs: 200,
    },
  },
  thresholds: {
    hits: ['rate>0.58', 'rate<0.62'],
    hit_duration: ['p(95)<100'],
    http_req_duration: ['p(95)<500'],
    http_req_failed: ['rate<0.001'],
    checks: ['rate>0.999'],
    // What the machine could not send in time was not measured.
    dropped_iterations: [`rate<${rate / 100}`],
  },
  summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max'],
};

// Of five requests the first three are for hot objects, each of them in its turn.
function wanted(number) {
  const round = Math.floor(number / 5);
  const place = number % 5;
  return place < 3
    ? { kind: 'hot', number: (round * 3 + place) % hot }
    : { kind: 'cold', number: (round * 2 + place - 3) % cold };
}

export default function read() {
  const object = wanted(exec.scenario.iterationInTest);
  const answer = http.get(`${base}/mixed/${object.kind}/${object.number}`, { tags: { name: object.kind } });
  const isHit = answer.headers['X-Cache'] === 'HIT';
  hits.add(isHit);
  if (isHit) hitDuration.add(answer.timings.duration);
  check(answer, {
    'the object came whole': (a) =>
      a.status === 200 && a.error_code === 0 && a.headers['Content-Length'] === String(1024 << object.number % sizes),
  });
}
