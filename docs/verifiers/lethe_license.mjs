// Checks a license file, or a signed answer, without a network. Node alone; explained in ../licenses.md.
import { createHash, createPublicKey, verify } from "node:crypto";

const ARMOR = /^-----BEGIN LETHE LICENSE-----\r?\n((?:[\w.-]+\r?\n)+)-----END LETHE LICENSE-----(?:\r?\n)?$/;
const TOKEN = /^([\w-]+)\.([\w-]+)\.([\w-]{85}[AQgw])$/;
const LEEWAY_S = 300;

// The name of the refusal, or "" and what was signed.
export function check(text, keys, key, fingerprint, nonce, newest, now) {
  const token = (text.match(ARMOR)?.[1].replace(/\r?\n/g, "") ?? text).match(TOKEN);
  let said;
  try {
    const [header, payload, signature] = token.slice(1).map((part) => Buffer.from(part, "base64url"));
    const { kid } = JSON.parse(header);
    if (kid === undefined) return ["bad_signature", {}];
    const jwk = keys.keys.find((each) => each.kid === kid);
    if (jwk === undefined) return ["unknown_key", {}];
    const signed = Buffer.from(token[0].slice(0, token[0].lastIndexOf(".")));
    if (!verify(null, signed, createPublicKey({ key: jwk, format: "jwk" }), signature)) return ["bad_signature", {}];
    said = JSON.parse(payload);
  } catch {
    return ["bad_signature", {}];
  }
  const device = createHash("sha256").update(`device|${key}|${fingerprint}`).digest("hex");
  const refusals = [
    [said.device !== device, "other_device"],
    [said.nonce !== nonce, "old_nonce"],
    [said.code !== "VALID", said.code.toLowerCase()],
    [now + LEEWAY_S < Math.max(newest, said.issued_at), "clock_set_back"],
    [Math.max(now, newest) >= said.usable_until, "expired"],
  ];
  const name = refusals.find(([wrong]) => wrong)?.[1] ?? "";
  return [name, name ? {} : said];
}
