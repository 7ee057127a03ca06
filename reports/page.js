"use strict";
(() => {
  const form = document.querySelector(".filter");
  const findings = [...document.querySelectorAll("#findings .finding")];
  const groups = [...document.querySelectorAll("#findings .rule, #findings .dimension")];
  const told = form.querySelector("output");
  let texts = null;

  const read = (finding) =>
    `${finding.closest(".rule").querySelector("h5").textContent} ${finding.textContent}`.toLowerCase();

  const filter = () => {
    const words = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { severity, dimension } = form;
    texts ??= findings.map(read);
    let shown = 0;
    findings.forEach((finding, number) => {
      const fits =
        (!severity.value || finding.dataset.severity === severity.value) &&
        (!dimension.value || finding.dataset.dimension === dimension.value) &&
        words.every((word) => texts[number].includes(word));
      finding.hidden = !fits;
      shown += fits;
    });
    const some = words.length > 0 || severity.value || dimension.value;
    for (const group of groups) {
      group.hidden = Boolean(some) && !group.querySelector(".finding:not([hidden])");
    }
    told.textContent = `${shown.toLocaleString("en")} of ${findings.length.toLocaleString("en")} findings`;
  };

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    const details = target.closest("details");
    if (details) details.open = true;
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.open.addEventListener("click", () => {
    const visible = findings.filter((finding) => !finding.hidden);
    const closed = visible.some((finding) => !finding.open);
    for (const finding of visible) finding.open = closed;
    form.open.textContent = closed ? "Close all" : "Open all";
  });
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => {
    for (const closed of document.querySelectorAll("details:not([open])")) closed.open = true;
  });
  filter();
  reveal();
})();
