import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormIndex } from '../../src/report/form-index.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 9 });

test('many forms are found in one pass as they are one by one, in their order', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 60 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 201, maxLength: 260 }), text, (words, shown) => {
      const found = new FormIndex(words, (each) => each).within(shown);
      expect(found).toEqual(words.filter((each) => shown.includes(each)));
    }),
    { numRuns: 200 },
  );
});

test('words that are too short are found in no text', () => {
  const few = ['', 'ab', 'abcd'];
  const many = [...few, ...Array.from({ length: 300 }, (_, index) => `word${index}`)];
  for (const words of [few, many]) expect(new FormIndex(words, (each) => each).within('xabcdx')).toEqual(['abcd']);
});
