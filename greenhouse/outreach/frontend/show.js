// All that a page shows of the data, at once.

import { drawDrink } from "./scenes/drink.js";
import { drawSky } from "./scenes/sky.js";
import { drawToday } from "./scenes/today.js";
import { drawWarm } from "./scenes/warm.js";
import { showSentences, showSource, showValues } from "./values.js";

export function show(root, data) {
  showValues(root, data);
  showSentences(root, data);
  showSource(root, data);
  drawSky(root, data);
  drawWarm(root, data);
  drawDrink(root, data);
  drawToday(root, data);
  settle(root);
}

// From now on what changes moves. A drawing takes its first place at once: the sun must not fly through the house.
function settle(root) {
  for (const scene of root.querySelectorAll(".scene:not([data-settled])")) {
    scene.getBoundingClientRect(); // styles of the first place are settled before the next line
    scene.dataset.settled = "";
  }
}
