import { describe, expect, it } from 'vitest';
import { escapeJson, escapeText, renderHtml } from '../../../src/cli/report/html.ts';
import type { PageData } from '../../../src/cli/report/pack.ts';

const HOSTILE = '</script><script>alert(1)</script><!-- <SCRIPT ]]> &lt; \u2028\u2029 "\'';

const data: PageData = {
  title: HOSTILE,
  slowNs: 1,
  trace: {
    names: [HOSTILE],
    texts: [HOSTILE],
    threads: [{ tid: 0, name: HOSTILE }],
    numbers: [],
    dropped: 0,
    truncated: false,
  },
};

describe('the HTML of a report', () => {
  it('contains hostile text in no form that HTML would act on', () => {
    const json = escapeJson(data);
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual(data);
    expect(escapeText(HOSTILE)).not.toMatch(/[<>"']/);
  });

  it('has two script blocks, for data and code, and no others', () => {
    const html = renderHtml({ script: 'let own;', style: '' }, data);
    expect(html.match(/<script/gi)).toHaveLength(2);
    expect(html.match(/<\/script/gi)).toHaveLength(2);
    expect(html).toContain('<script>let own;</script>');
  });

  it('allows nothing but its own script, by its hash, and no network', () => {
    const html = renderHtml({ script: 'let own;', style: '' }, data);
    expect(html).toMatch(/content="default-src 'none'; script-src 'sha256-[A-Za-z0-9+/]{43}='/);
    expect(html).not.toMatch(/(src|href)="?https?:/);
  });
});
