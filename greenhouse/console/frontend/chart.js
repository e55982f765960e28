// Charts, apart from the rest of the console: a page without one does not load them (see console.js).

/*! This script contains uPlot, copyright (c) Leon Sorokin, under the MIT license: https://github.com/leeoniya/uPlot */

import { Chart } from "./trends/chart.js";
import { wireChoice, wirePage } from "./trends/page.js";

/**
 * Draw every `<div data-chart data-chart-query="points=a.b,c.d&hours=24">` of the page.
 *
 * @param {ParentNode} root
 */
export function mountCharts(root) {
  const page = root.querySelector("[data-trends]");
  const charts = [];
  if (page) charts.push(wirePage(page, (wanted) => new Chart(page.querySelector("[data-chart]"), wanted)));
  for (const element of root.querySelectorAll("[data-chart]")) {
    if (!page?.contains(element)) charts.push(new Chart(element));
  }
  if (root.querySelector("main [data-choice]")) wireChoice(root.querySelector("main"));
  window.addEventListener("pagehide", (event) => {
    if (!event.persisted) for (const chart of charts) chart.dispose();
  });
  return charts;
}
