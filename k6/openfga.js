// Readers whom an OpenFGA store lets in, at 500 requests a second; `k6/run openfga` starts what it needs.
import { options as shared, read } from './load.js';

export const options = shared;
export default read;
