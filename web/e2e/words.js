// What the page says, from the files that it is built with.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../locales");
const MINUS = "−";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** A number as the page spells it, with a power of ten and a unit where it has them. */
const SPELT = new RegExp(`^([+−]?[\\d.,]+)(?:·10(⁻?)([${SUPERSCRIPTS}]+))?(?:\\s(?:%|ms))?$`);

/** The words of a language. */
export class Words {
  constructor(language) {
    const lines = readFileSync(join(FOLDER, `${language}.ftl`), "utf8").split("\n");
    this.messages = Object.fromEntries(lines.filter((line) => /^[a-z]/.test(line)).map((line) => line.split(/ = (.*)/)));
  }

  /** A class's name. */
  class(label) {
    return this.messages[`class-${label}`];
  }

  /** What a text puts in place of a message's variables; fails if it is not that message, or not in this language. */
  read(text, name) {
    const seen = new Set();
    const group = (variable) => (seen.has(variable) ? `\\k<${variable}>` : seen.add(variable) && `(?<${variable}>.+?)`);
    const parts = this.messages[name].split(/\{ \$(\w+) \}/);
    const pattern = parts.map((part, at) => (at % 2 ? group(part) : part.replace(/[^\w\s]/gu, "\\$&"))).join("");
    const found = new RegExp(`^${pattern}$`).exec(text);
    assert.ok(found, `“${text}” is not “${this.messages[name]}”`);
    return found.groups ?? {};
  }
}

/** The number that the page spells so. */
export function number(text) {
  const [, digits, sign, power] = SPELT.exec(text.trim()) ?? assert.fail(`“${text}” is no number`);
  const exponent = [...(power ?? "⁰")].map((digit) => SUPERSCRIPTS.indexOf(digit)).join("");
  return Number(`${digits.replace(MINUS, "-").replaceAll(",", "")}e${sign ? "-" : ""}${exponent}`);
}
