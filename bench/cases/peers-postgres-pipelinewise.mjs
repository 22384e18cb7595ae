// @ts-check
import { peerTap } from './peers-postgres.mjs';

export default peerTap('pipelinewise-tap-postgres');
