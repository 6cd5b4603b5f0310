// Readers whom an Open Policy Agent lets in, at 500 requests a second; `k6/run opa` starts what it needs.
import { options as shared, read } from './load.js';

export const options = shared;
export default read;
