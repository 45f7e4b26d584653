/** Whether a path is a GGUF file's, by its name. */
export function isGgufPath(path: string): boolean {
  return path.toLowerCase().endsWith(".gguf");
}
