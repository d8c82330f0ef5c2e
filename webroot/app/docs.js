// The contract for people: rendered from /api/openapi.json, nothing is written twice.

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Replaces references by what they name, so that a reader sees fields; recursion is cut. */
function resolve(contract, schema, depth = 0) {
  if (!schema || typeof schema !== 'object' || depth > 6) return schema;
  if (schema.$ref) {
    const target = schema.$ref.slice(2).split('/').reduce((node, key) => node[key], contract);
    return resolve(contract, target, depth + 1);
  }
  if (Array.isArray(schema)) return schema.map((item) => resolve(contract, item, depth + 1));
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolve(contract, value, depth + 1)]));
}

function parameterRow(parameter) {
  const schema = parameter.schema ?? {};
  const limits = ['minimum', 'maximum', 'maxLength', 'pattern', 'default', 'enum']
    .filter((key) => schema[key] !== undefined)
    .map((key) => `${key} ${schema[key]}`)
    .join(', ');
  return element('tr', {},
    element('td', {}, element('code', { textContent: parameter.name })),
    element('td', { textContent: `${parameter.in}${parameter.required ? ', required' : ''}` }),
    element('td', { textContent: [schema.type, limits, parameter.description].filter(Boolean).join(' · ') }));
}

function operationView(contract, path, method, operation) {
  const roles = operation.security?.length === 0 ? 'no token needed' : (operation['x-roles'] ?? []).join(', ');
  const view = element('details', { id: operation.operationId },
    element('summary', {},
      element('span', { className: 'method', textContent: method }),
      element('code', { textContent: `/api/v1${path}` }),
      element('span', { className: 'roles', textContent: roles })),
    element('p', { textContent: operation.summary }));
  const parameters = resolve(contract, operation.parameters ?? []);
  if (parameters.length) view.append(element('table', {}, ...parameters.map(parameterRow)));
  const body = operation.requestBody?.content?.['application/json']?.schema;
  if (body) view.append(element('h3', { textContent: 'Body' }), element('pre', { textContent: JSON.stringify(resolve(contract, body), null, 2) }));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const resolved = resolve(contract, answer);
    view.append(element('p', { textContent: `${status}: ${resolved.description}` }));
  }
  return view;
}

async function show() {
  const contract = await (await fetch('/api/openapi.json')).json();
  const main = document.getElementById('docs');
  main.replaceChildren(
    element('h1', { textContent: `${contract.info.title} API ${contract.info.version}` }),
    element('p', { textContent: contract.info.description }),
    element('p', {}, 'Machine-readable: ', element('a', { href: '/api/openapi.yaml', textContent: 'openapi.yaml' })));
  for (const tag of contract.tags) {
    main.append(element('h2', { textContent: `${tag.name}: ${tag.description}` }));
    for (const [path, methods] of Object.entries(contract.paths)) {
      for (const method of METHODS.filter((name) => methods[name]?.tags.includes(tag.name))) {
        main.append(operationView(contract, path, method, methods[method]));
      }
    }
  }
}

show().catch((error) => {
  document.getElementById('docs').textContent = `The contract could not be read: ${error.message}`;
});
