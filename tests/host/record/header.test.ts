import { expect, test } from 'vitest';
import { RecordReadError } from '../../../src/host/record/errors.ts';
import { headerOf } from '../../../src/host/record/header.ts';

test.each(['', '{"version":', 'null', '5', '[]', '"x"'])('a header of %j is no header', (text) => {
  expect(() => headerOf(text)).toThrow(RecordReadError);
  expect(() => headerOf(text)).toThrow(
    /strange, it cannot be read: replay it with the version that wrote it$/,
  );
});
