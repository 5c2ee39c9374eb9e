// A picture of lines over a logarithmic axis, each with an axis of its own below the other, as SVG: small multiples that share
// the x axis, so that figures of different units never stand on one scale.

const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const short = n => (n >= 1e6 ? `${+(n / 1e6).toPrecision(3)}M` : n >= 1e3 ? `${+(n / 1e3).toPrecision(3)}k` : `${+n.toPrecision(3)}`);

const width = 720, left = 76, right = 24, top = 40, row = 112, gap = 34, bottom = 48;
const ink = '#1c2733', quiet = '#6b7885', rule = '#dfe4e8', line = '#0b6e99';

// From 0, or by powers of ten where the largest is more than thirty times the least.
function scale(amounts, from, to) {
  const most = Math.max(...amounts), least = Math.min(...amounts);
  if (least > 0 && most / least > 30) {
    const low = Math.floor(Math.log10(least)), high = Math.max(low + 1, Math.ceil(Math.log10(most)));
    const step = Math.ceil((high - low) / 4);
    const ticks = Array.from({length: Math.floor((high - low) / step) + 1}, (_, i) => 10 ** (low + i * step));
    return {at: n => from + (to - from) * (Math.log10(n) - low) / (high - low), ticks};
  }
  const unit = 10 ** Math.floor(Math.log10(most || 1));
  const step = [0.2, 0.5, 1, 2, 5].map(n => n * unit).find(n => most / n <= 4);
  const high = Math.ceil(most / step) * step;
  return {at: n => from + (to - from) * n / high, ticks: Array.from({length: Math.round(high / step) + 1}, (_, i) => i * step)};
}

export function plot({title, x, series}) {
  const sizes = [...new Set(series.flatMap(each => each.points.map(([size]) => size)))].sort((a, b) => a - b);
  const low = Math.log10(sizes[0]), high = Math.log10(sizes.at(-1)) || low + 1;
  const at_x = size => left + (width - left - right) * (high === low ? 0.5 : (Math.log10(size) - low) / (high - low));
  const height = top + series.length * (row + gap) + bottom - gap;
  const parts = [`<text x="${left}" y="20" font-size="15" font-weight="600" fill="${ink}">${escaped(title)}</text>`];
  series.forEach((each, i) => {
    const upper = top + i * (row + gap) + 14, lower = upper + row - 14;
    const {at, ticks} = scale(each.points.map(([, amount]) => amount), lower, upper);
    parts.push(`<text x="${left}" y="${upper - 8}" font-size="12" fill="${ink}">${escaped(each.title)}</text>`);
    for (const tick of ticks) {
      const y = at(tick).toFixed(1);
      parts.push(`<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="${rule}"/><text x="${left - 8}" y="${+y + 4}" font-size="11" text-anchor="end" fill="${quiet}">${short(tick)}</text>`);
    }
    const points = each.points.map(([size, amount]) => `${at_x(size).toFixed(1)},${at(amount).toFixed(1)}`);
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${line}" stroke-width="2"/>`);
    each.points.forEach(([size, amount]) => parts.push(
      `<circle cx="${at_x(size).toFixed(1)}" cy="${at(amount).toFixed(1)}" r="3.5" fill="${line}"><title>${short(size)}: ${short(amount)}</title></circle>`));
  });
  const axis = height - bottom + 4;
  for (const size of sizes) parts.push(`<text x="${at_x(size).toFixed(1)}" y="${axis + 14}" font-size="11" text-anchor="middle" fill="${quiet}">${short(size)}</text>`);
  parts.push(`<text x="${(left + width - right) / 2}" y="${axis + 34}" font-size="12" text-anchor="middle" fill="${ink}">${escaped(x)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif">
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}
