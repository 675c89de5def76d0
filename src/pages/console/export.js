// Requests in the forms of other programs: a curl command, a body for `/verify`, a HAR file.

/** A text as one word of a POSIX shell. */
export const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const HIDDEN = '[redacted]';

/** The variable that stands for a secret, which the journal does not have. */
const variable = (name) => `"$${name.replace(/\W/g, '_').toUpperCase()}"`;

/** The parameter as a word; a hidden value is a variable of the shell. */
const pair = ({ name, value }) => (value === HIDDEN ? `${quoted(`${name}=`)}${variable(name)}` : quoted(`${name}=${value}`));

/** Returns a command that sends the same request again. */
export function asCurl(entry, baseUrl) {
  const origin = new URL(baseUrl).origin;
  const words = ['curl', quoted(origin + entry.path)];
  const reads = entry.method === 'GET' || entry.method === 'HEAD';
  if (entry.method === 'HEAD') words.push('--head');
  else if (!reads && entry.method !== 'POST') words.push('-X', quoted(entry.method));
  if (reads && entry.parameters?.length) words.push('--get');
  if (entry.auth_method === 'client_secret_basic') words.push('-u', `${quoted(`${entry.client_id ?? ''}:`)}"$CLIENT_SECRET"`);
  if (entry.endpoint === 'userinfo') words.push('-H', '"Authorization: Bearer $ACCESS_TOKEN"');
  for (const parameter of entry.parameters ?? []) words.push('--data-urlencode', pair(parameter));
  if (!reads && entry.method === 'POST' && !entry.parameters?.length) words.push('-d', "''");
  return words.join(' ');
}

/** Returns an expectation that holds exactly for requests like this one. */
export function asExpectation(entry) {
  const names = ['endpoint', 'client_id', 'grant_type', 'scope', 'status', 'outcome', 'refusal'];
  const filter = Object.fromEntries(names.filter((name) => entry[name] !== undefined).map((name) => [name, entry[name]]));
  return JSON.stringify({ filter, at_least: 1 }, null, 2);
}

/** Returns the requests as an HTTP archive (HAR 1.2). The journal has neither headers nor bodies of answers: they are absent there, too. */
export function asHar(entries, overview) {
  const origin = new URL(overview.base_url).origin;
  return JSON.stringify({
    log: {
      version: '1.2',
      creator: { name: 'oauth-mimic', version: overview.version },
      entries: entries.map((entry) => exchange(entry, origin)),
    },
  }, null, 2);
}

function exchange(entry, origin) {
  const params = (entry.parameters ?? []).map(({ name, value }) => ({ name, value }));
  const reads = entry.method === 'GET' || entry.method === 'HEAD';
  const query = reads && params.length ? `?${new URLSearchParams(params.map(({ name, value }) => [name, value]))}` : '';
  return {
    startedDateTime: entry.real_time,
    time: entry.duration_ms,
    request: {
      method: entry.method,
      url: origin + entry.path + query,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [],
      queryString: reads ? params : [],
      ...(reads ? {} : { postData: { mimeType: 'application/x-www-form-urlencoded', params, text: '' } }),
      headersSize: -1,
      bodySize: -1,
    },
    response: {
      status: entry.status,
      statusText: '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [],
      content: { size: -1, mimeType: 'x-unknown' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: entry.duration_ms, receive: 0 },
    comment: [entry.outcome, entry.refusal, entry.reason].filter(Boolean).join(': '),
    _oauth_mimic: entry,
  };
}
