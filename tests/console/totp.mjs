// The code that an authenticator app would show (RFC 6238, SHA-1, six digits). In: a key in base32. Out: a code. Never here: a screen.
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

/** The code of now. */
export function codeOf(secret, at = Date.now()) {
  let bits = "";
  for (const letter of secret.replace(/=+$/, "")) bits += ALPHABET.indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Waits for a code that was not used yet: no code works twice. */
export async function nextCode(secret, last) {
  while (codeOf(secret) === last) await sleep(500);
  return codeOf(secret);
}
