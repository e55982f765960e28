// A chart as a picture: title, curves and the names of the curves, so that it says what it shows wherever it is pasted.

import { word } from "../values/words.js";
import { token } from "./looks.js";
import { fullMoment } from "./times.js";
import { readingsAt } from "./readout.js";

const EDGE = 16;
const LINE = 22;

/** Draw everything onto one canvas. */
export function pictureOf(view, plots) {
  const ratio = devicePixelRatio;
  const width = plots[0].width + 2 * EDGE;
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  const family = getComputedStyle(document.documentElement).fontFamily;
  const title = wrapped(ctx, document.querySelector(".chart-title").textContent, width - 2 * EDGE, `600 16px ${family}`);
  const height = plots.reduce((sum, plot) => sum + plot.height + LINE, 0) + LINE * (title.length + view.data.series.length + 2) + 2 * EDGE;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  ctx.scale(ratio, ratio);
  ctx.fillStyle = token("--card");
  ctx.fillRect(0, 0, width, height);
  ctx.fillStyle = token("--ink");
  ctx.font = `600 16px ${family}`;
  let y = EDGE + 16;
  for (const line of title) {
    ctx.fillText(line, EDGE, y);
    y += LINE;
  }
  ctx.font = `12px ${family}`;
  for (const plot of plots) {
    const [first] = plot.panel.members;
    ctx.fillText(plot.panel.kind === "lines" ? [plot.panel.name, plot.panel.unit].filter(Boolean).join(" · ") : "", EDGE, y);
    ctx.drawImage(plot.ctx.canvas, EDGE, y + 4, plot.width, plot.height);
    y += plot.height + LINE;
    if (first === undefined) break;
  }
  drawLegend(ctx, view, y);
  y += LINE * view.data.series.length;
  ctx.fillStyle = token("--ink-2");
  const demo = view.data.series.some((s) => s.simulated) ? `${word("chart.demo")} · ` : "";
  ctx.fillText(demo + word("chart.made", { time: fullMoment(view.data.now, view.data.zone), zone: view.data.zone }), EDGE, y + 4);
  return canvas;
}

function drawLegend(ctx, view, top) {
  readingsAt(view, null).forEach(({ value }, i) => {
    const { color, dash, width } = view.looks[i];
    const y = top + i * LINE;
    ctx.strokeStyle = token(color);
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(EDGE, y - 4);
    ctx.lineTo(EDGE + 28, y - 4);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = token("--ink");
    const { place, label } = view.data.series[i];
    ctx.fillText(`${place} · ${label}  ${word("chart.newest")} ${value}`, EDGE + 38, y);
  });
}

function wrapped(ctx, text, width, font) {
  ctx.font = font;
  const lines = [""];
  for (const sign of text) {
    if (ctx.measureText(lines.at(-1) + sign).width > width) lines.push("");
    lines[lines.length - 1] += sign;
  }
  return lines;
}

/** Offer a canvas as a file. */
export function save(canvas, name) {
  canvas.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, "image/png");
}
