/** A 24-bit bitmap of a bright disc on a dark ground. Every decoder reads this format, and it is simple to make. */
export function discPicture(width = 320, height = 240): Buffer {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const out = Buffer.alloc(54 + stride * height);
  out.write('BM', 0, 'latin1');
  out.writeUInt32LE(out.length, 2);
  out.writeUInt32LE(54, 10);
  out.writeUInt32LE(40, 14);
  out.writeInt32LE(width, 18);
  out.writeInt32LE(height, 22);
  out.writeUInt16LE(1, 26);
  out.writeUInt16LE(24, 28);
  const radius = Math.min(width, height) / 4;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = Math.hypot(x - width / 2, y - height / 2) < radius;
      const at = 54 + y * stride + 3 * x;
      out[at] = inside ? 60 : 70;
      out[at + 1] = inside ? 90 : 60;
      out[at + 2] = inside ? 230 : 40;
    }
  }
  return out;
}
