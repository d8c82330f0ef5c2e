// A plain script in the head, so that the chosen theme is there before the first paint. 'system' means no attribute.
(() => {
  const KEY = 'stationmaster.theme';
  const apply = (theme) => {
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  const get = () => localStorage.getItem(KEY) ?? 'system';
  apply(get());
  window.smTheme = {
    get,
    set(theme) {
      localStorage.setItem(KEY, theme);
      apply(theme);
      window.dispatchEvent(new Event('themechange'));
    },
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => window.dispatchEvent(new Event('themechange')));
})();
