/** The style of the page. It loads no files and uses system fonts. */
export const STYLE = `
:root {
  --page: #ffffff; --side: #f7f8fa; --code: #f4f6f9; --line: #e3e7ee; --ink: #1b2330; --soft: #5b6675; --link: #1f5bd8;
  --get: #1a5fd0; --post: #157f4b; --put: #9a5b00; --patch: #7a4bc4; --delete: #c0362c; --name: #0b5394; --text: #157f4b; --value: #a0490a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141b; --side: #151a22; --code: #181e28; --line: #29313e; --ink: #e4e9f1; --soft: #97a3b4; --link: #7fb0ff;
    --get: #79b0ff; --post: #5fcf95; --put: #e2a95a; --patch: #bd9cf5; --delete: #ff8d83; --name: #8ec1ff; --text: #7fd7a6; --value: #efb27a;
  }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; display: grid; grid-template-columns: 18rem minmax(0, 1fr); color: var(--ink); background: var(--page); font: 15px/1.6 system-ui, sans-serif }
a { color: var(--link); text-decoration: none }
a:hover, .intro a, .type a, figcaption a { text-decoration: underline }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px }
h1, h2, h3 { line-height: 1.25; margin: 0 0 .6rem }
h1 { font-size: 1.9rem; letter-spacing: -.02em }
h2 { font-size: 1.45rem; letter-spacing: -.01em }
h3 { font-size: 1.1rem }
h3 a { color: inherit }
p { margin: 0 0 .7rem; max-width: 44rem }
small { color: var(--soft); font-size: .8rem; font-weight: 400 }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .87em }
p code, td code { background: var(--code); padding: .1em .35em; border-radius: 4px; overflow-wrap: anywhere }
pre { margin: 0; padding: .9rem 1rem; overflow: auto; max-height: 34rem; font-size: 12.5px; line-height: 1.55; background: var(--code) }
pre code { font-size: inherit }
.name { color: var(--name) } .text { color: var(--text) } .value { color: var(--value) }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: 1rem; z-index: 1; background: var(--page); padding: .4rem .8rem }
aside { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.4rem 1rem 3rem 1.4rem; background: var(--side); border-right: 1px solid var(--line) }
aside .name { font-weight: 700; font-size: 1.05rem }
aside .name a { color: var(--ink) }
nav ul { list-style: none; margin: 0; padding: 0 }
nav > ul > li { margin-bottom: 1rem }
nav > ul > li > a { font-weight: 600; color: var(--ink) }
nav ul ul { font-size: .88rem; margin-top: .2rem }
nav ul ul a { display: block; padding: .14rem 0 .14rem 2.9rem; text-indent: -2.9rem; color: var(--soft) }
nav ul ul a:hover { color: var(--ink) }
main { padding: 2rem clamp(1rem, 3vw, 3rem) 6rem; min-width: 0; max-width: 92rem }
section { margin-top: 3.5rem }
section > h2 { padding-top: 1.2rem; border-top: 3px solid var(--ink) }
article { border-top: 1px solid var(--line); padding: 1.6rem 0 .6rem; margin-top: 1.2rem }
article:target > header h3 { color: var(--link) }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 30rem); gap: 2.5rem }
.where { margin-bottom: .8rem }
.where code { font-size: .95em; overflow-wrap: anywhere }
.method { display: inline-block; min-width: 3.1em; font: 700 .72rem/1.5 ui-monospace, Menlo, Consolas, monospace; text-transform: uppercase }
nav .method { font-size: .62rem; min-width: 4.2em; text-indent: 0 }
.get { color: var(--get) } .post { color: var(--post) } .put { color: var(--put) } .patch { color: var(--patch) } .delete { color: var(--delete) }
.facts { color: var(--soft); font-size: .87rem }
table { width: 100%; border-collapse: collapse; margin: 1rem 0 1.2rem; font-size: .92rem }
caption { text-align: left; font-weight: 600; font-size: .8rem; letter-spacing: .05em; text-transform: uppercase; color: var(--soft); padding-bottom: .35rem }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem .5rem 0; border-top: 1px solid var(--line); font-weight: 400 }
th { width: 34%; overflow-wrap: anywhere }
td p { margin: .15rem 0 0; color: var(--ink) }
.errors th { width: 3.5rem }
.type { color: var(--soft); font-size: .87rem }
.note { display: inline-block; color: var(--delete); font: .72rem system-ui, sans-serif }
details { margin: .6rem 0 1.2rem }
summary { cursor: pointer; font-weight: 600; font-size: .92rem; color: var(--soft) }
figure { margin: 0 0 1rem; border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
figcaption { padding: .45rem 1rem; font-size: .82rem; color: var(--soft); border-bottom: 1px solid var(--line) }
figcaption:last-child { border-bottom: 0 }
.status { color: var(--post); font-weight: 700; margin-right: .3rem }
.examples { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto }
@media (max-width: 75rem) {
  .sides { grid-template-columns: minmax(0, 1fr); gap: .5rem }
  .examples { position: static; max-height: none }
}
@media (max-width: 50rem) {
  body { display: block }
  aside { position: static; height: auto; padding: 1rem; border-right: 0; border-bottom: 1px solid var(--line) }
  aside .name { margin-bottom: .3rem }
  nav ul ul { display: none }
  nav > ul { display: flex; flex-wrap: wrap; gap: .2rem .9rem }
  nav > ul > li { margin: 0 }
  main { padding-top: 1.2rem }
  tr:not(.errors tr) > * { display: block; width: auto; padding-right: 0 }
  tr:not(.errors tr) > th { padding-bottom: 0 }
  tr:not(.errors tr) > td { border-top: 0; padding-top: 0 }
}
@media print { aside { display: none } body { display: block } .sides { display: block } .examples { position: static; max-height: none } pre { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere } }
`;
