/**
 * The one stylesheet of the pages: colours stand twice, since browsers of ten years ago know no custom properties. What they
 * do not know of the rest they pass over.
 * @module
 */
import { sha256Base64 } from "../core/hash.ts";
import { html, type Html, htmlText } from "./status-html.ts";

const SHEET = html`
html{font:16px/1.5 "Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;color:#1b1f24;background:#fff;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0}
header,main{display:block;max-width:72rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .25rem}
h2{font-size:1.15rem;line-height:1.3;margin:2rem 0 .5rem;padding-top:.5rem;border-top:1px solid #d0d7de}
h3{font-size:1rem;margin:1rem 0 .25rem}
p,ul,ol,dl{margin:.5rem 0}
ol li{margin:.5rem 0}
a{color:#0550ae}
header,main,td,th,dd,p,li,h1{word-wrap:break-word;overflow-wrap:break-word}
bdi,code{word-break:break-word;overflow-wrap:anywhere}
td time,thead th{white-space:nowrap}
td bdi,td code{display:inline-block;min-width:7em}
th bdi,th code{display:inline-block;min-width:11em}
code,pre{font-family:ui-monospace,Consolas,"DejaVu Sans Mono",Menlo,monospace;font-size:.875em}
pre{background:#f6f8fa;border:1px solid #d0d7de;border-radius:6px;padding:.75rem;margin:.5rem 0;white-space:pre-wrap;word-wrap:break-word;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
caption{text-align:left;color:#4b535d;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid #d0d7de}
thead th{font-size:.875rem;color:#4b535d;border-bottom-width:2px}
tbody th{font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}
dl{overflow:hidden}
dt{float:left;clear:left;width:9rem;color:#4b535d}
dd{margin:0 0 .25rem 9.5rem}
.quiet{color:#4b535d}
.mark{display:inline-block;border:1px solid;border-radius:1em;padding:0 .6em;font-size:.875rem;font-weight:600;white-space:nowrap}
.good{color:#116329;background:#dafbe1}
.bad{color:#a40e26;background:#ffebe9}
.wait{color:#6a4400;background:#fff8c5}
.plain{color:#4b535d;background:#f6f8fa}
.bar{padding:.5rem 0}
.bar>*{display:inline-block;vertical-align:middle;margin:.25rem 1rem .25rem 0}
nav ul{list-style:none;padding:0;margin:.5rem 0}
nav li{display:inline-block;margin:0 1rem 0 0}
nav a{display:inline-block;padding:.25rem 0}
label{font-weight:600}
input,select,button{font:inherit;padding:.4rem .75rem;border:1px solid #57606a;border-radius:6px;color:#1b1f24;background:#fff;max-width:100%;box-sizing:border-box}
button{background:#0550ae;border-color:#0550ae;color:#fff;font-weight:600;cursor:pointer}
button.second{background:#fff;color:#0550ae}
a:focus,input:focus,select:focus,button:focus,main:focus{outline:3px solid #bf5a00;outline-offset:2px}
main:focus{outline-width:0}
.login{max-width:26rem}
.login input{width:100%;margin:.25rem 0 .75rem}
.alert{border:1px solid #a40e26;border-left-width:6px;border-radius:6px;padding:.5rem .75rem;color:#a40e26;background:#ffebe9}
.skip{position:absolute;left:-9999px;top:0;padding:.5rem 1rem;color:#0550ae;background:#fff}
.skip:focus{left:0;z-index:1}
main{padding-bottom:3rem}
@media (max-width:56em){
thead{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip:rect(0,0,0,0)}
table,tbody,tr,td,tbody th,caption{display:block}
tr{border:1px solid #d0d7de;border-radius:6px;margin:0 0 .5rem;padding:.375rem .75rem}
td,tbody th,.n{border:0;padding:.125rem 0;text-align:left}
td:before{content:attr(data-label) ": ";color:#4b535d}
td:before{content:attr(data-label) ": " / ""}
td bdi,td code,th bdi,th code{display:inline;min-width:0}
}
@media (max-width:30em){
dt{float:none;width:auto}
dd{margin:0 0 .5rem}
}
@media (prefers-color-scheme:dark){
html,input,select{color:#e6edf3;background:#0d1117}
a{color:#79b8ff}
h2,pre,th,td,tr{border-color:#30363d}
caption,thead th,dt,.quiet,td:before{color:#a9b3be}
pre{background:#161b22}
.good{color:#7ee787;background:#12261e}
.bad,.alert{color:#ffb3ad;background:#3d1417;border-color:#ffb3ad}
.wait{color:#f2cc60;background:#2e2503}
.plain{color:#c0c8d1;background:#21262d}
input,select{border-color:#8b949e}
button{background:#79b8ff;border-color:#79b8ff;color:#0d1117}
button.second,.skip{background:#0d1117;color:#79b8ff}
a:focus,input:focus,select:focus,button:focus{outline-color:#ffb454}
}
@media print{
html,pre,.mark,.alert{color:#000;background:#fff}
a,caption,thead th,dt,.quiet,td:before{color:#000}
nav,.bar form,.skip,.screen{display:none}
tr,pre,dd{page-break-inside:avoid}
h2{page-break-after:avoid}
}
`;

/** The stylesheet inline, letter by letter as it is hashed. */
export const STYLE: Html = html`<style>${SHEET}</style>`;

/** What the pages may do: show themselves in their own style, and send forms to where they came from. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${sha256Base64(htmlText(SHEET))}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");
