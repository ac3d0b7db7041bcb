export default ({ name, data }) => {
  process.stdout.write(`${name}: ${data}\n`);
};
