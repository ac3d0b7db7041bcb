// An echo server on the IOThread’s context, for one connection.
import { Listener } from 'qemu-loop';

export default function main({ context, host, data: { words, path } }) {
  const listener = new Listener({
    loop: context,
    address: { path, abstract: true },
    onConnection(connection) {
      Atomics.add(words, 0, 1);
      connection.start({
        onLine: (line) => connection.write(`${line} in ${host.gettid()}\n`),
        onClose: () => {
          listener.dispose();
          Atomics.add(words, 1, 1);
          Atomics.notify(words, 1);
        },
      });
    },
  });
}
