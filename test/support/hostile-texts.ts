/** The effect of a text that runs. */
const HIT = 'window.hit=1';

const elements = [
  `<script>${HIT}</script>`,
  `<ScRiPt>${HIT}</sCrIpT>`,
  `<script src=data:text/javascript,${HIT}></script>`,
  `<scr<script>ipt>${HIT}</scr</script>ipt>`,
  `<script type=module>${HIT}</script>`,
  `<noscript><p title="</noscript><img src=x onerror=${HIT}>">`,
  `<template><script>${HIT}</script></template>`,
  `<iframe srcdoc="<script>parent.${HIT}</script>"></iframe>`,
  `<iframe src="javascript:parent.${HIT}"></iframe>`,
  `<object data="javascript:${HIT}"></object>`,
  `<embed src="javascript:${HIT}">`,
  `<base href=http://127.0.0.2:9/>${HIT}`,
  `<meta http-equiv=refresh content="0;url=http://127.0.0.2:9/${HIT}">`,
  `<link rel=stylesheet href=http://127.0.0.2:9/${HIT}>`,
];

const handlers = [
  `<img src=x onerror=${HIT}>`,
  `<img src=http://127.0.0.2:9/a.png alt=${HIT}>`,
  `"><img src=x onerror=${HIT}>`,
  `'><img src=x onerror=${HIT}>`,
  `\`><img src=x onerror=${HIT}>`,
  `" onmouseover="${HIT}" autofocus onfocus="${HIT}`,
  `' onfocus='${HIT}' autofocus='`,
  `<body onload=${HIT}>`,
  `<input autofocus onfocus=${HIT}>`,
  `<details open ontoggle=${HIT}>`,
  `<video><source onerror=${HIT}></video>`,
  `<audio src=x onerror=${HIT}>`,
  `<marquee onstart=${HIT}>`,
  `<div style="animation:x" onanimationstart=${HIT}>`,
  `<button popovertarget=p>${HIT}</button><p popover id=p onbeforetoggle=${HIT}>`,
];

const addresses = [
  `javascript:${HIT}`,
  `JaVaScRiPt:${HIT}//`,
  `java&#115;cript:${HIT}`,
  `<a href="javascript:${HIT}">x</a>`,
  `<form action="javascript:${HIT}"><button>x</button></form>`,
  `data:text/html,<script>${HIT}</script>`,
  `data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4= ${HIT}`,
  `//127.0.0.2:9/${HIT}`,
];

const drawings = [
  `<svg onload=${HIT}>`,
  `<svg><script>${HIT}</script></svg>`,
  `<svg><a xlink:href="javascript:${HIT}"><text>x</text></a></svg>`,
  `<svg><animate onbegin=${HIT} attributeName=x></svg>`,
  `<svg><foreignObject><img src=x onerror=${HIT}></foreignObject></svg>`,
  `<math><mtext><style><img src=x onerror=${HIT}></style></mtext></math>`,
];

const closings = [
  `</textarea><script>${HIT}</script>`,
  `</title><script>${HIT}</script>`,
  `</option></select><img src=x onerror=${HIT}>`,
  `</style><script>${HIT}</script>`,
  `</script><script>${HIT}</script>`,
  `--><script>${HIT}</script><!--`,
  `]]><script>${HIT}</script>`,
];

const names = [
  `<form id=body name=getElementById><input name=querySelector>${HIT}`,
  `<a id=location href=x>${HIT}</a>`,
  `{{constructor.constructor('${HIT}')()}}`,
  `\${${HIT}} %24{${HIT}}`,
  `<style>*{background:url(http://127.0.0.2:9/${HIT})}</style>`,
  `<style>@import 'http://127.0.0.2:9/${HIT}';</style>`,
  `<p style="position:fixed;inset:0;background:url(http://127.0.0.2:9)">${HIT}`,
];

/** Characters that a person does not see, and that reorder, join or end what is around them. */
const invisible = [
  `invoice\u202egpj.exe ${HIT}`,
  `\u2066pay\u2069\u200f\u200b\u2060\ufeff ${HIT}`,
  `a\u00adb\u200bc\u200cd\u200de ${HIT}`,
];

/** Sixty texts that run, load or hide something where text is taken for markup. Each contains `window.hit`. */
export const hostileTexts: readonly string[] = [
  ...elements,
  ...handlers,
  ...addresses,
  ...drawings,
  ...closings,
  ...names,
  ...invisible,
];

/** Line separators, nulls and terminal sequences, for the fields that may contain them. */
export const controlText = `first\u0000second\u001b[31mred\u0085next\u2028line\u2029paragraph\u202eesrever ${HIT}`;

/** Those that are valid where only visible ASCII is. */
export const asciiTexts: readonly string[] = hostileTexts.filter((text) => /^[\x20-\x7e]+$/.test(text));
