// Loaded before a server: its clock jumps two days ahead at the first signal, and back at the next.
const RealDate = Date;
let offset = 0;
process.on('SIGUSR2', () => {
  offset = offset === 0 ? 2 * 86_400_000 : 0;
});
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offset);
    else super(...given);
  }
  static now() {
    return RealDate.now() + offset;
  }
};
