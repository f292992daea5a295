(function () {
  "use strict";
  var root = document.documentElement;
  var search = document.getElementById("search");
  var cause = document.getElementById("cause");
  var onlyNew = document.getElementById("only-new");
  var shown = document.getElementById("shown");
  var cards = Array.prototype.slice.call(document.querySelectorAll(".finding"));
  var texts = cards.map(function (card) { return card.textContent.toLowerCase(); });

  function setLanguage(language) {
    root.dataset.lang = language;
    root.lang = language === "zh" ? "zh-CN" : "en";
    document.querySelectorAll("button[data-set]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.set === language));
    });
    search.placeholder = language === "zh" ? search.dataset.zh : search.dataset.en;
    cause.querySelectorAll("option").forEach(function (option) { option.textContent = option.dataset[language]; });
  }

  function filter() {
    var wanted = search.value.trim().toLowerCase();
    var count = 0;
    cards.forEach(function (card, place) {
      var fits = (!cause.value || card.dataset.cause === cause.value) && (!onlyNew.checked || card.dataset.new === "1") &&
        (!wanted || texts[place].indexOf(wanted) >= 0);
      card.hidden = !fits;
      if (fits) { count += 1; }
    });
    shown.textContent = count + " / " + cards.length;
  }

  document.querySelectorAll("button[data-set]").forEach(function (button) {
    button.addEventListener("click", function () { setLanguage(button.dataset.set); });
  });
  document.querySelectorAll("[data-pick]").forEach(function (row) {
    row.addEventListener("click", function () {
      cause.value = row.dataset.pick;
      filter();
      document.getElementById("findings").scrollIntoView();
    });
  });
  [search, cause, onlyNew].forEach(function (field) { field.addEventListener("input", filter); });
  setLanguage(root.dataset.lang);
  filter();
})();
