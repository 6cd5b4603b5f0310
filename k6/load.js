// What both scripts share: readers arrive at a constant rate, four of five with a question that has been asked before.
//
//   BASE_URL  the proxy             TOKENS  a JSON file: {"regular": [token…], "new": [token…]}
//   RATE      requests a second     PATHS   how many objects there are: /documents/shared/0.txt and so on
//   DURATION  30s
//
// A question is a pair of object and reader. Regular readers ask for the first ten objects again and again. New ones
// ask for each object once: pair number N is object N mod PATHS and reader N div PATHS, so that no pair comes twice.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const base = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const rate = Number(__ENV.RATE || 500);
const paths = Number(__ENV.PATHS || 100);
const hot = Math.min(10, paths);
const tokens = JSON.parse(open(__ENV.TOKENS));

export const options = {
  scenarios: {
    readers: {
      executor: 'constant-arrival-rate',
      rate: rate,
      timeUnit: '1s',
      duration: __ENV.DURATION || '30s',
      preAllocatedVUs: 50,
      maxVUs: 400,
    },
  },
  thresholds: {
    http_req_duration: ['p(95)<100'],
    'http_req_duration{question:new}': ['p(95)<500'],
    'http_req_duration{question:known}': ['p(95)<100'],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
    // What the machine could not send in time was not measured.
    dropped_iterations: [`rate<${rate / 100}`],
  },
  summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max'],
};

function question(number) {
  if (number % 5 === 0) {
    const pair = number / 5;
    return { kind: 'new', path: pair % paths, token: tokens.new[Math.floor(pair / paths) % tokens.new.length] };
  }
  return { kind: 'known', path: number % hot, token: tokens.regular[Math.floor(number / hot) % tokens.regular.length] };
}

export function read() {
  const asked = question(exec.scenario.iterationInTest);
  const answer = http.get(`${base}/documents/shared/${asked.path}.txt`, {
    headers: { Authorization: `Bearer ${asked.token}` },
    tags: { name: 'object', question: asked.kind },
  });
  check(answer, {
    'the object came whole': (a) => a.status === 200 && a.body === `object ${asked.path}\n`,
  });
}
