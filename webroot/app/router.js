// Addresses are kept behind the '#', so that the server has only files to give out: #/jobs?state=running

export function current() {
  const [path, query = ''] = location.hash.replace(/^#/, '').split('?');
  const parts = path.split('/').filter(Boolean).map(decode);
  return { parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function href(path, query = {}) {
  const params = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== '' && v !== null && v !== undefined));
  return `#${path}${params.size > 0 ? `?${params}` : ''}`;
}

export function go(path, query) {
  location.hash = href(path, query);
}
