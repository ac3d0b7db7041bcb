/** The values of the list of wrong types that public functions take, with the reason for each. */

const ANYTHING = 'anything';
const FUNCTION = 'a function, a class';
const NUMBER = '5, -1, 0.5, 1e300';
const OBJECT = '[], [{}], [null], {}, an object without a prototype, a Map, a Date';

interface Taken {
  /** Functions and the place of the argument: `new Tracer 1`. */
  readonly where: RegExp;
  readonly values: string;
  readonly why: string;
}

export const TAKEN: readonly Taken[] = [
  {
    where:
      /^(AioContext\.(newBottomHalf|newGuardedBottomHalf|scheduleOneshot) 2|AioContext\.setFdPoll [23]|new \w+Backend 1|new (IdleSource|Tracer) 1|new TimeoutSource [13]|Coroutines\.create 1|MainLoop\.(newBottomHalf 2|addPollNotifier 1)|SimHost\.(at 2|still 1|onClose 1|openSignalPipe 1|openNodeWait 1)|TimerListGroup\.newTimer 3|Tracer\.attach 2|AioContext\.leave 1|TraceRing\.replay 1)$/,
    values: FUNCTION,
    why: 'a callback: a function is right, and a class cannot be told from one',
  },
  {
    where:
      /^(AioContext\.(newBottomHalf|scheduleOneshot) 3|Coroutines\.create 3|TimerListGroup\.newTimer 4)$/,
    values: ANYTHING,
    why: 'the opaque value, which only goes back to the callback',
  },
  {
    where: /^(AioContext\.newGuardedBottomHalf 3)$/,
    values: ANYTHING,
    why: "QEMU's guard may be NULL; its one field is read and written as a bool",
  },
  {
    where:
      /^(SimHost\.at 1|new TimeoutSource 2|AioContext\.setPollParams 1|QemuTimer\.(mod|modNs|modAnticipate|modAnticipateNs|modFromNowNs|modIn) 1|SimHost\.advance 1|CoSleep\.sleepNs 1)$/,
    values: NUMBER,
    why: 'a time or duration in ns: any number is one',
  },
  {
    where:
      /^(AioContext\.setPollParams [23]|AioContext\.setAioParams 1|AioContext\.setFdPoll 1|SimHost\.alloc 1|SimHost\.allocShared 1|new TraceRing 1|Signals\.sigaction 1|Signals\.isWaiting 1|Clocks\.isEnabled 1|formatEvent 1|SimHost\.(openPollRing|openRing) 1)$/,
    values: '5',
    why: 'a count, a signal, a descriptor, or the number of an event: 5 is one',
  },
  { where: /^formatEvent 1$/, values: '3n', why: 'an event: its number as a key of the catalogue' },
  {
    where:
      /^(AioContext\.setFdPoll [23]|Coroutines\.create 2|CoQueue\.wait(Front)? 1|new SimHost 1|new TraceRing 2|new Tracer [12])$/,
    values: 'undefined',
    why: 'it may be left out',
  },
  {
    where:
      /^(AioContext\.(newBottomHalf|newGuardedBottomHalf|scheduleOneshot) 1|MainLoop\.newBottomHalf 1|Coroutines\.create 2|TimerListGroup\.newTimer 2|matchesGlob [12]|parsePatterns 1|signalNumber 1|SimHost\.newThread 1)$/,
    values: "'x', ''",
    why: 'a name or a pattern: any text is one',
  },
  {
    where:
      /^(ChildWatch\.spawnAll 1|FaultHost\.add 1|SimHost\.(blockSignals|spawnAll) 1|replayRings 1|selectEvents 1|Tracer\.attach 1)$/,
    values: "[], '', a Map",
    why: 'a collection of things: it may be empty',
  },
  {
    where: /^formatEvent 2$/,
    values: '[], [{}], [null]',
    why: 'the values of an event, as a foreign trace holds them: all are shown',
  },
  {
    where: /^((AioContext|MainLoop)\.setFdHandler 2|AioContext\.setEventNotifier 2)$/,
    values: `null, ${OBJECT}`,
    why: 'null, or handlers of which none is set, removes the registration, as all NULL in QEMU',
  },
  {
    where: /^(new SimHost 1|SimHost\.program 1|linuxProgram 1)$/,
    values: OBJECT,
    why: 'options of which none is set',
  },
  { where: /^decodeSiginfo 3$/, values: OBJECT, why: 'the object that is filled' },
  {
    where: /^(AioContext\.poll|MainLoop\.mainLoopWait) 1$/,
    values: ANYTHING,
    why: 'true or false, as in C; each iteration would pay for a check',
  },
  {
    where: /^(Clocks\.(nowNs|restNs) 1|QemuTimer\.expired 1|Tracer\.emit \d|check [12])$/,
    values: ANYTHING,
    why: 'asked at each event, wait or call: each would pay for a check',
  },
  {
    where: /^(codeName [12]|errnoMessage 1|errnoName 1|signalName 1|new HostError [12])$/,
    values: ANYTHING,
    why: 'makes a text of what a trace or an error holds, and must not fail itself',
  },
  {
    where: /^SimHost\.(amount|readiness|isatty) 1$/,
    values: ANYTHING,
    why: 'what is no open descriptor has nothing to read, and is no terminal',
  },
];

/** Whether a value may be taken. */
export function mayTake(call: string, value: string): boolean {
  return TAKEN.some(({ where, values }) => where.test(call) && isIn(value, values));
}

function isIn(value: string, values: string): boolean {
  return values === ANYTHING || values.split(', ').includes(value);
}
