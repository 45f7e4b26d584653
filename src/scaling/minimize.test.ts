import { expect, test } from "vitest";
import { minimize, type Objective } from "./minimize.ts";

test("Rosenbrock's valley is followed to its floor", () => {
  const rosenbrock: Objective = (v, gradient) => {
    const [x, y] = [v[0]!, v[1]!];
    gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x);
    gradient[1] = 200 * (y - x * x);
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2;
  };
  const { x, gradientNorm } = minimize(rosenbrock, [-1.2, 1]);
  expect(x[0]).toBeCloseTo(1, 9);
  expect(x[1]).toBeCloseTo(1, 9);
  expect(gradientNorm).toBeLessThan(1e-9);
});

test("an ill-conditioned bowl (condition 1e8) is solved", () => {
  const bowl: Objective = (v, gradient) => {
    gradient[0] = 1e8 * v[0]!;
    gradient[1] = v[1]! - 3;
    return 0.5e8 * v[0]! ** 2 + 0.5 * (v[1]! - 3) ** 2;
  };
  const { x } = minimize(bowl, [1, -20]);
  expect(x[0]).toBeCloseTo(0, 9);
  expect(x[1]).toBeCloseTo(3, 6);
});

test("a start at the minimum stays there", () => {
  const flat: Objective = (_, gradient) => {
    gradient.fill(0);
    return 5;
  };
  expect(minimize(flat, [2])).toMatchObject({ value: 5, iterations: 0, gradientNorm: 0 });
});
