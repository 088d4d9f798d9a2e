import fc from "fast-check";
import { expect, it } from "vitest";
import { MinHeap } from "../../src/store/min-heap.ts";

it("a heap gives what is in it in order, whatever comes and goes in between", () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (added) => {
      const heap = new MinHeap<number>((left, right) => left - right);
      let model: number[] = [];
      for (const item of added) {
        if (item === undefined) heap.drop();
        else heap.add(item);
        model = item === undefined ? model.slice(1) : [...model, item].toSorted((left, right) => left - right);
        expect(heap.first).toBe(model[0]);
      }
      for (; model.length > 0; model = model.slice(1), heap.drop()) expect(heap.first).toBe(model[0]);
      expect(heap.first).toBeUndefined();
    }),
  );
});
