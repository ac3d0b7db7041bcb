export default async function main() {
  await null;
  throw new TypeError('not begun');
}
