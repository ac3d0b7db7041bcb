import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { checkObject } from '../../arguments.ts';
import type { NewThread } from '../../host.ts';
import { SimHost as KernelHost } from '../sim-host.ts';
import type { SimHostOptions } from '../world.ts';
import type { ThreadChannels } from './ports.ts';

const workerChannels: ThreadChannels = {
  newChannel: () => {
    const { port1, port2 } = new MessageChannel();
    return [port1, port2] as never;
  },
  take: (port) => receiveMessageOnPort(port as unknown as MessagePort),
};

/** The simulated kernel, whose threads are Workers of Node. */
export class SimHost extends KernelHost {
  /** @throws TypeError if the options are not an object */
  constructor(options: SimHostOptions = {}) {
    checkObject(options, 'SimHost: options', 'an object');
    super({ channels: workerChannels, ...options });
  }

  override newThread(name: string): NewThread {
    return super.newThread(name) as NewThread;
  }
}
