// Tells which Worker runs it.
import { threadId } from 'node:worker_threads';

export default function main({ data: { words } }) {
  words[0] = threadId;
}
