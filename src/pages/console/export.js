// Requests in the forms of other programs: a curl command, a body for `/verify`, a HAR file.

/** A text as one word of a POSIX shell. */
const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const HIDDEN = '[redacted]';

/** The variable that stands for a secret, which the journal does not have. The prefix keeps it apart from those of the shell. */
const variable = (name) => `"$MIMIC_${name.replace(/\W/g, '_').toUpperCase()}"`;

/** The journal writes what cannot be printed as percent-encoded bytes, and cuts long values off. */
function original(text) {
  if (text === '(empty)') return '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const isCut = (text) => text.endsWith('...');

/** The parameter as a word; a hidden value is a variable of the shell. */
function pair({ name, value }) {
  const encoded = quoted(`${encodeURIComponent(original(name))}=`);
  return value === HIDDEN ? `${encoded}${variable(name)}` : encoded + quoted(original(value));
}

/** What the journal does not have of a request, in words. */
function missing(entry) {
  const cut = (entry.parameters ?? []).filter(({ name, value }) => isCut(name) || isCut(value)).map(({ name }) => name);
  return [
    isCut(entry.path) && 'the end of the path',
    cut.length && `the end of ${cut.join(', ')}`,
    entry.parameters_omitted && `${entry.parameters_omitted} more parameters`,
    entry.refusal === 'parameter_in_uri' && 'which parameters were in the URI',
  ].filter(Boolean);
}

/** Returns a command that sends the same request again, as far as the journal has it. */
export function asCurl(entry, baseUrl) {
  const origin = new URL(baseUrl).origin;
  // Without a meaning for brackets and dots in the path.
  const words = ['curl', '--globoff', '--path-as-is', quoted(origin + original(entry.path))];
  const reads = entry.method === 'GET' || entry.method === 'HEAD';
  if (entry.method === 'HEAD') words.push('--head');
  else if (!reads && entry.method !== 'POST') words.push('-X', quoted(entry.method));
  if (reads && entry.parameters?.length) words.push('--get');
  // Both halves of the credentials are form-encoded (RFC 6749 §2.3.1).
  if (entry.auth_method === 'client_secret_basic') words.push('-u', `${quoted(`${encodeURIComponent(original(entry.client_id ?? ''))}:`)}"$MIMIC_CLIENT_SECRET"`);
  if (entry.endpoint === 'userinfo') words.push('-H', '"Authorization: Bearer $MIMIC_ACCESS_TOKEN"');
  for (const parameter of entry.parameters ?? []) words.push('--data-urlencode', pair(parameter));
  if (entry.method === 'POST' && !entry.parameters?.length) words.push('-d', "''");
  const command = words.join(' ');
  const absent = missing(entry);
  return absent.length ? `# The journal does not have ${absent.join(', ').replace(/[^\x20-\x7e]/g, '?')}.\n${command}` : command;
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
  const params = (entry.parameters ?? []).map(({ name, value }) => ({ name: original(name), value: original(value) }));
  const reads = entry.method === 'GET' || entry.method === 'HEAD';
  const query = reads && params.length ? `?${new URLSearchParams(params.map(({ name, value }) => [name, value]))}` : '';
  return {
    startedDateTime: entry.real_time,
    time: entry.duration_ms,
    request: {
      method: entry.method,
      url: origin + original(entry.path) + query,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: [],
      queryString: reads ? params : [],
      ...(reads || !params.length ? {} : { postData: { mimeType: 'application/x-www-form-urlencoded', params } }),
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
