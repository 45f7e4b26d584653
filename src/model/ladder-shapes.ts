/**
 * Width and layers of each depth of the dial, from depth 1.
 *
 * A step changes the width or the layers and, with a vocabulary of 1,024 and 20 tokens per
 * parameter, multiplies the training compute by 1.4 to 2.7. Layers grow about as width^0.8 from
 * 64/2: the prototype's shapes up to 128/3, then the usual 50 to 64 of width per layer.
 */
export const ladderShapes: readonly (readonly [embedDim: number, layers: number])[] = [
  [16, 2],
  [24, 2],
  [32, 2],
  [40, 2],
  [48, 2],
  [64, 2],
  [80, 2],
  [96, 2],
  [96, 3],
  [128, 3],
  [128, 4],
  [160, 4],
  [192, 4],
  [224, 5],
  [256, 5],
  [256, 6],
  [320, 6],
  [320, 8],
  [384, 8],
  [448, 8],
  [512, 8],
  [512, 10],
  [640, 10],
  [640, 12],
  [768, 12],
  [768, 16],
];
