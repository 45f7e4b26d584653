import { expect, test } from "vitest";
import { describeLaw, isAdmissible, lossAt, lossGradient, lossLawParameters } from "./loss-law.ts";

const law = { a: 60, b: -0.12, c: 1.2 };

test("the value is a C^b + c", () => {
  expect(lossAt({ a: 8, b: -1 / 3, c: 1 }, 1e3)).toBeCloseTo(1.8, 12);
  // a far outside the range of its product with C^b
  expect(lossAt({ a: 1e300, b: -10, c: 0 }, 1e30)).toBeCloseTo(1, 10);
});

test("the gradient is that of finite differences", () => {
  const gradient = lossGradient(law, 3e11);
  lossLawParameters.forEach((name, index) => {
    const step = 1e-6 * law[name];
    const up = lossAt({ ...law, [name]: law[name] + step }, 3e11);
    const down = lossAt({ ...law, [name]: law[name] - step }, 3e11);
    // Central differences leave about 1e-9 relative.
    expect((up - down) / (2 * step) / (gradient[index] as number)).toBeCloseTo(1, 7);
  });
});

test("bounds", () => {
  expect(isAdmissible(law, 1.3)).toBe(true);
  expect(isAdmissible(law, 1.2)).toBe(false);
  expect(isAdmissible({ ...law, b: 0 }, 3)).toBe(false);
  expect(isAdmissible({ ...law, a: 0 }, 3)).toBe(false);
  expect(isAdmissible({ ...law, c: -0.1 }, 3)).toBe(false);
});

test("a law in words", () => {
  expect(describeLaw(law)).toBe("L(C) = 60.00 C^-0.120 + 1.200");
  expect(describeLaw({ ...law, c: 0 })).toBe("L(C) = 60.00 C^-0.120");
});
