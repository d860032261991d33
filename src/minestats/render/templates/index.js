(function () {
  "use strict";
  if (window.fetch && location.protocol !== "file:") {
    fetch("last_run.json", { cache: "no-store" }).then(function (answer) { return answer.json(); }).then(function (run) {
      var line = document.getElementById("last-run");
      line.textContent = "Last run " + run.ended.slice(0, 10) + " " + run.ended.slice(11, 16) + " UTC: " + run.rendered + " rendered, " +
        run.unchanged + " unchanged, " + run.failed + " failed" + (run.stopped ? ", " + run.stopped + " not made" : "") + ".";
      line.hidden = false;
    }).catch(function () {});
  }
  var list = document.getElementById("reports"), rows = Array.from(list.children);
  var words = document.getElementById("words"), report = document.getElementById("report");
  var state = document.getElementById("state"), sort = document.getElementById("sort"), shown = document.getElementById("shown");
  function plain(text) {
    return text.toLowerCase().replace(/ə/g, "e").replace(/ı/g, "i").normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  }
  var texts = rows.map(function (row) { return plain(row.querySelector(".words").textContent); });
  function filter() {
    var asked = plain(words.value).split(/\s+/).filter(Boolean), number = 0;
    rows.forEach(function (row, i) {
      var fits = (!report.value || row.dataset.report === report.value) && (!state.value || row.dataset.state === state.value) &&
        asked.every(function (word) { return texts[i].includes(word); });
      row.hidden = !fits;
      number += fits;
    });
    shown.textContent = number + " of " + rows.length + " shown";
  }
  function order() {
    var sorted = rows.slice();
    if (sort.value === "title") {
      sorted.sort(function (a, b) { return a.querySelector(".words").textContent.localeCompare(b.querySelector(".words").textContent); });
    } else if (sort.value === "new") {
      sorted.sort(function (a, b) { return b.dataset.asOf.localeCompare(a.dataset.asOf); });
    }
    sorted.forEach(function (row) { list.appendChild(row); });
  }
  words.addEventListener("input", filter);
  report.addEventListener("change", filter);
  state.addEventListener("change", filter);
  sort.addEventListener("change", order);
  document.getElementById("tools").addEventListener("submit", function (event) { event.preventDefault(); });
  document.getElementById("tools").hidden = false;
  filter();
})();
