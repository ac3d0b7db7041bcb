import { describe, expect, it } from 'vitest';
import { HeldList } from '../../src/host/held-list.ts';

describe('HeldList', () => {
  it('holds a member twice that is added twice, and gives each up once', () => {
    const list = new HeldList<string>();
    const first = list.add('a');
    list.add('b');
    const again = list.add('a');
    first.dispose();
    first.dispose();
    expect(list.items).toEqual(['b', 'a']);
    again.dispose();
    expect(list.items).toEqual(['b']);
  });

  it('addFirst adds before the others', () => {
    const list = new HeldList<string>();
    list.add('a');
    const first = list.addFirst('b');
    list.addFirst('c');
    expect(list.items).toEqual(['c', 'b', 'a']);
    first.dispose();
    expect(list.items).toEqual(['c', 'a']);
  });

  it('whoever goes through it sees it as it was at the start', () => {
    const list = new HeldList<string>();
    const seen: string[] = [];
    const holds = ['a', 'b'].map((item) => list.add(item));
    for (const item of list.items) {
      seen.push(item);
      holds[1]!.dispose();
      list.add('c');
    }
    expect(seen).toEqual(['a', 'b']);
    expect(list.items).toEqual(['a', 'c', 'c']);
  });

  it('is empty once cleared, and then nothing is given up', () => {
    const list = new HeldList<string>();
    const hold = list.add('a');
    list.clear();
    list.add('b');
    hold.dispose();
    expect(list.items).toEqual(['b']);
  });
});
