// Counts a text as the networks bill it: GSM-7 in 160 (then 153) septets, else UCS-2 in 70 (then 67).

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

export function measure(text) {
  let septets = 0;
  for (const char of text) {
    if (BASIC.has(char)) septets += 1;
    else if (EXTENDED.has(char)) septets += 2;
    else return count(text.length, 70, 67, "UCS-2");
  }
  return count(septets, 160, 153, "GSM-7");
}

function count(length, single, part, alphabet) {
  const messages = length <= single ? 1 : Math.ceil(length / part);
  const room = messages === 1 ? single : messages * part;
  return { length, messages, room, alphabet };
}
