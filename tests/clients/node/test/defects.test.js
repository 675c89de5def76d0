// Broken tokens: what each library refuses, and for which reason. ACCEPTED says that it takes such a token by its
// design, set up as its documentation shows.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import { enableNonRepudiationChecks } from 'openid-client';

import { forEachClient, oauth4webapi, openidClient } from '../clients.js';
import { STANDARD, sandbox } from '../control.js';

const ACCEPTED = Symbol('accepted');
const missing = (claim) => ({ kind: 'missing_claim', claim });

/** Checks that it is refused, and for that reason and no other. */
async function expect(outcome, attempt) {
  if (outcome === ACCEPTED) {
    await attempt();
    return;
  }
  await assert.rejects(attempt, (error) => {
    // openid-client wraps the reason.
    const reason = `${error.message}\n${error.cause?.message ?? ''}`;
    assert.match(reason, outcome, error);
    return true;
  });
}

// ID tokens arrive in a refresh, the one way there is for these two. By default openid-client leaves the signature to
// TLS (OpenID Connect Core §3.1.3.7); `enableNonRepudiationChecks` has it checked. With oauth4webapi it is a step of its
// caller's, taken here.
//    defect                            openid-client     with the signature checked, and oauth4webapi
const IN_A_REFRESH = [
  [{ kind: 'expired' }, /"exp"/, /"exp"/],
  [{ kind: 'not_yet_valid' }, /"nbf"/, /"nbf"/],
  [{ kind: 'issued_in_future' }, ACCEPTED, ACCEPTED],
  [{ kind: 'wrong_issuer' }, /"iss"/, /"iss"/],
  [{ kind: 'wrong_audience' }, /"aud"/, /"aud"/],
  [{ kind: 'wrong_type' }, ACCEPTED, ACCEPTED],
  [{ kind: 'unknown_kid' }, ACCEPTED, /no applicable keys found/],
  [{ kind: 'foreign_key' }, ACCEPTED, /signature verification failed/],
  [{ kind: 'damaged_signature' }, ACCEPTED, /signature verification failed/],
  [{ kind: 'alg_none' }, /"alg"/, /"alg"/],
  [{ kind: 'hs256_with_public_key' }, /"alg"/, /"alg"/],
  [missing('iss'), /"iss".* missing/, /"iss".* missing/],
  [missing('sub'), /"sub".* missing/, /"sub".* missing/],
  [missing('aud'), /"aud".* missing/, /"aud".* missing/],
  [missing('exp'), /"exp".* missing/, /"exp".* missing/],
  [missing('iat'), /"iat".* missing/, /"iat".* missing/],
  [{ kind: 'set_claims', claims: { exp: 'tomorrow' } }, /"exp".* type/, /"exp".* type/],
  [{ kind: 'set_claims', claims: { sub: 42 } }, /"sub".* type/, /"sub".* type/],
  [{ kind: 'oversized', bytes: 65536 }, ACCEPTED, ACCEPTED],
];

describe('ID tokens in a refresh', { concurrency: 8 }, () => {
  const spoil = (server, defect) => server.fault({ kind: 'token', token: 'id_token', defect });

  for (const [defect, trusting, checking] of IN_A_REFRESH) {
    const name = JSON.stringify(defect);

    it(`openid-client: ${name}`, async (t) => {
      const server = await sandbox(t);
      const client = await openidClient(server);
      await spoil(server, defect);
      await expect(trusting, () => client.refresh('REFRESH_TOKEN'));
    });

    it(`openid-client with non-repudiation checks: ${name}`, async (t) => {
      const server = await sandbox(t);
      const client = await openidClient(server);
      enableNonRepudiationChecks(client.config);
      await spoil(server, defect);
      await expect(checking, () => client.refresh('REFRESH_TOKEN'));
    });

    it(`oauth4webapi: ${name}`, async (t) => {
      const server = await sandbox(t);
      const client = await oauth4webapi(server);
      await spoil(server, defect);
      await expect(checking, async () => client.checkSignature(await client.refresh('REFRESH_TOKEN')));
    });
  }
});

//    defect                            jose                            oauth4webapi's validateJwtAccessToken
const ACCESS_TOKENS = [
  [{ kind: 'expired' }, /"exp" claim timestamp/, /"exp"/],
  [{ kind: 'not_yet_valid' }, /"nbf" claim timestamp/, /"nbf"/],
  // jose looks at iat where a maxTokenAge is set: see below.
  [{ kind: 'issued_in_future' }, ACCEPTED, ACCEPTED],
  [{ kind: 'wrong_issuer' }, /"iss"/, /"iss"/],
  [{ kind: 'wrong_audience' }, /"aud"/, /"aud"/],
  [{ kind: 'wrong_type' }, /"typ"/, /"typ"/],
  [{ kind: 'unknown_kid' }, /no applicable key found/, /no applicable keys found/],
  [{ kind: 'foreign_key' }, /signature verification failed/, /signature verification failed/],
  [{ kind: 'damaged_signature' }, /signature verification failed/, /signature verification failed/],
  [{ kind: 'alg_none' }, /"alg"/, /"alg"/],
  [{ kind: 'hs256_with_public_key' }, /"alg"/, /"alg"/],
  [missing('iss'), /missing .*"iss"/, /"iss".* missing/],
  [missing('sub'), /missing .*"sub"/, /"sub".* missing/],
  [missing('aud'), /missing .*"aud"/, /"aud".* missing/],
  [missing('exp'), /missing .*"exp"/, /"exp".* missing/],
  [missing('iat'), /missing .*"iat"/, /"iat".* missing/],
  [missing('client_id'), /missing .*"client_id"/, /"client_id".* missing/],
  [{ kind: 'set_claims', claims: { exp: 'tomorrow' } }, /"exp"/, /"exp".* type/],
  [{ kind: 'set_claims', claims: { sub: 42 } }, ACCEPTED, /"sub".* type/],
  [{ kind: 'oversized', bytes: 65536 }, ACCEPTED, ACCEPTED],
];

const verify = (server, token, options) =>
  jwtVerify(token, createRemoteJWKSet(server.jwksUrl), { issuer: server.issuer, algorithms: ['RS256'], ...options });

const OF_AN_ACCESS_TOKEN = {
  audience: 'https://api.example',
  typ: 'at+jwt',
  requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
};

const OF_AN_ID_TOKEN = { audience: 'client-default', typ: 'JWT', requiredClaims: ['sub', 'exp', 'iat'] };

describe('access tokens', { concurrency: 8 }, () => {
  for (const [defect, byJose, byOauth4webapi] of ACCESS_TOKENS) {
    it(`jose: ${JSON.stringify(defect)}`, async (t) => {
      const server = await sandbox(t, { fixtures: STANDARD });
      const token = await server.mint('access_token', { defect });
      await expect(byJose, () => verify(server, token, OF_AN_ACCESS_TOKEN));
    });

    it(`oauth4webapi: ${JSON.stringify(defect)}`, async (t) => {
      const server = await sandbox(t, { fixtures: STANDARD });
      const { validate } = await oauth4webapi(server, 'shop');
      const token = await server.mint('access_token', { defect });
      await expect(byOauth4webapi, () => validate(token));
    });
  }
});

describe('ID tokens by themselves', { concurrency: 8 }, () => {
  for (const [defect, byJose] of ACCESS_TOKENS) {
    if (defect.claim === 'client_id') continue;
    it(`jose: ${JSON.stringify(defect)}`, async (t) => {
      const server = await sandbox(t);
      const token = await server.mint('id_token', { client_id: 'client-default', defect });
      await expect(byJose, () => verify(server, token, OF_AN_ID_TOKEN));
    });
  }
});

describe('by setting', { concurrency: true }, () => {
  it('jose refuses a token of the future where it is to tell its age', async (t) => {
    const server = await sandbox(t);
    const token = await server.mint('id_token', { client_id: 'client-default', defect: { kind: 'issued_in_future' } });
    await expect(/"iat"/, () => verify(server, token, { ...OF_AN_ID_TOKEN, maxTokenAge: '1h' }));
  });

  it('jose allows for clock skew where that is configured', async (t) => {
    // The server's clock is ninety seconds ahead.
    const server = await sandbox(t);
    await server.scenario('clock-skew');
    const token = await server.mint('id_token', { client_id: 'client-default' });
    await expect(ACCEPTED, () => verify(server, token, OF_AN_ID_TOKEN));
    const options = { ...OF_AN_ID_TOKEN, maxTokenAge: '1h' };
    await expect(/"iat"/, () => verify(server, token, options));
    await expect(ACCEPTED, () => verify(server, token, { ...options, clockTolerance: '2m' }));
  });

  forEachClient(it, 'lets clock skew be', async (t, connect) => {
    const server = await sandbox(t);
    await server.scenario('clock-skew');
    assert.ok((await (await connect(server)).refresh('REFRESH_TOKEN')).id_token);
  });

  forEachClient(it, 'and jose come through hostile-tokens', async (t, connect) => {
    const server = await sandbox(t, { fixtures: STANDARD });
    const { faults } = await server.scenario('hostile-tokens');
    const client = await connect(server, 'shop');
    let tokens = { refresh_token: 'SHOP' };
    for (const { fault } of faults) {
      tokens = await client.refresh(tokens.refresh_token);
      const attempt = () => verify(server, tokens.access_token, OF_AN_ACCESS_TOKEN);
      await assert.rejects(attempt, undefined, `${fault.defect.kind} was accepted`);
    }
    tokens = await client.refresh(tokens.refresh_token);
    await verify(server, tokens.access_token, OF_AN_ACCESS_TOKEN);
  });

  it('good tokens are accepted by all', async (t) => {
    const server = await sandbox(t, { fixtures: STANDARD });
    const token = await server.mint('access_token');
    await verify(server, token, OF_AN_ACCESS_TOKEN);
    const client = await oauth4webapi(server, 'shop');
    assert.equal((await client.validate(token)).sub, 'alice');
    await client.checkSignature(await client.refresh('SHOP'));
  });
});
