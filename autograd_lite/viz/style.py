"""The style sheet of the pages: colours of the picture's grammar, light and dark, and print."""

from __future__ import annotations

# Text keeps a contrast of 4.5:1 with what is under it in both (tests/test_html.py measures it).
LIGHT = {
    "paper": "#FFFFFF", "panel": "#F6F8FA", "ink": "#1B1F24", "grey": "#57606A",
    "rule": "#C4CCD5", "fore": "#0072B2", "foretext": "#00659E", "back": "#D55E00",
    "backtext": "#A84900", "gold": "#9A6700", "band": "#1B1F24", "bandtext": "#FFFFFF",
    "parameter": "#CFE8F7", "source": "#E8ECEF", "output": "#FBE3A6", "bad": "#000000",
    "badtext": "#FFFFFF", "forefill": "#0072B2", "backfill": "#A84900", "filltext": "#FFFFFF",
    "wrong": "#A4001D", "right": "#1A6B34", "group": "#F3F6F9",
}  # fmt: skip
DARK = {
    "paper": "#0D1117", "panel": "#161B22", "ink": "#E6EDF3", "grey": "#9DA7B1",
    "rule": "#39424E", "fore": "#56B4E9", "foretext": "#6CC0EF", "back": "#FF9248",
    "backtext": "#FFA468", "gold": "#D9A514", "band": "#E6EDF3", "bandtext": "#0D1117",
    "parameter": "#0F3049", "source": "#1C232C", "output": "#3D2F08", "bad": "#F0F6FC",
    "badtext": "#000000", "forefill": "#0072B2", "backfill": "#B34E00", "filltext": "#FFFFFF",
    "wrong": "#FF8F8F", "right": "#6FD08C", "group": "#12171E",
}  # fmt: skip


def _variables(colors: dict[str, str]) -> str:
    return "".join(f"--{name}:{color};" for name, color in colors.items())


_THEMES = f"""
:root{{color-scheme:light;{_variables(LIGHT)}}}
@media screen and (prefers-color-scheme:dark){{
:root:not([data-theme=light]){{color-scheme:dark;{_variables(DARK)}}}}}
@media screen{{:root[data-theme=dark]{{color-scheme:dark;{_variables(DARK)}}}}}
"""

# The picture itself, in a page or in an SVG of its own. One rule a brace, no at-rules:
# standalone.py writes the colours in.
GRAPH = """
svg text{font-size:11px;fill:var(--ink)}
svg .mid{text-anchor:middle}svg .end{text-anchor:end}
svg .name{font-size:13px;font-weight:700}svg .kind,svg .grey{font-size:9.5px;fill:var(--grey)}
svg .name.grey{font-size:13px}
svg .call{font-size:12px;font-weight:700;fill:var(--bandtext)}svg .band{fill:var(--band)}
svg .title{font-size:9.5px;font-weight:700}
svg .ft{fill:var(--foretext)}svg .bt{fill:var(--backtext)}
svg .paper{fill:var(--paper)}svg .dash{stroke:var(--grey);stroke-dasharray:4 3}
svg .frame{fill:none;stroke:var(--grey)}
svg .head{fill:var(--paper)}svg .removed .frame{stroke-dasharray:5 4}
svg .card.group .frame{stroke-width:1.5}
svg .low{font-size:8px}svg .badbad{font-weight:700}
svg .card.rule .frame{stroke:var(--back)}
svg .parameter .head{fill:var(--parameter)}svg .parameter .frame{stroke:var(--fore);stroke-width:2}
svg .input .head,svg .constant .head{fill:var(--source)}
svg .output .head{fill:var(--output)}svg .output .frame{stroke:var(--gold);stroke-width:3}
svg .card.born .frame{stroke:var(--bad);stroke-width:3}
svg path.rule{fill:none;stroke:var(--rule);pointer-events:none}
svg .cells text{text-anchor:end;pointer-events:none;font-variant-numeric:tabular-nums}
svg .f rect{fill:var(--fore)}svg .b rect{fill:var(--back)}
svg .cells rect.bad{fill:var(--bad)}svg text.bad{fill:var(--badtext)}
svg .cells rect:hover{stroke:var(--ink);stroke-width:1.5}
svg .area{fill:none;stroke:var(--rule);stroke-dasharray:2 3}
svg .halo{fill:none;stroke:none;stroke-width:4;pointer-events:none}
svg .e path{fill:none;stroke:var(--fore)}svg .e .tip{fill:var(--fore);stroke:none}
svg .eb path{stroke:var(--back);stroke-dasharray:6 4}svg .eb .tip{fill:var(--back)}
svg .sick path{stroke:var(--ink)}svg .sick .tip{fill:var(--ink)}
svg .norm{font-size:9.5px;fill:var(--backtext);text-anchor:middle}
svg .under{fill:var(--paper)}
svg .around rect{fill:var(--group);stroke:var(--rule)}
svg .around text{font-size:12px;font-weight:700}
svg .badge{fill:var(--source)}svg .badge.bad{fill:var(--bad)}
svg .badge.wrong{fill:var(--wrong)}svg .badge.right{fill:var(--right)}
svg .said{font-size:9.5px;font-weight:700}svg .said.bad{fill:var(--badtext)}
svg .said.wrong,svg .said.right{fill:var(--paper)}
svg .badge.vanishing{fill:#3B4994}svg .badge.exploding{fill:#B35806}
svg .badge.small{fill:#B3C0E6}svg .badge.large{fill:#FDB863}
svg .said.vanishing,svg .said.exploding{fill:#FFFFFF}
svg .said.small,svg .said.large{fill:#1B1F24}
svg .badge.added{fill:var(--forefill)}svg .said.added{fill:var(--filltext)}
svg .badge.zero{fill:var(--paper);stroke:var(--rule)}
svg .badge.changed{fill:var(--output)}
"""

# What every page has: the shell, and the graph.
COMMON = (
    _THEMES
    + """
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{background:var(--paper);color:var(--ink);
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,"DejaVu Sans",sans-serif}
h1{font-size:15px;margin:0;overflow-wrap:anywhere}
button,input{font:inherit;color:inherit;accent-color:var(--fore)}
button{background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:4px 10px;
cursor:pointer;min-height:30px}
button:hover:not(:disabled){border-color:var(--grey)}
button:disabled{opacity:.45;cursor:default}
:focus-visible{outline:3px solid var(--fore);outline-offset:2px}
header{display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px;padding:9px 16px;
border-bottom:1px solid var(--rule)}
.legend{display:flex;flex-wrap:wrap;gap:2px 12px;color:var(--grey);font-size:12px;margin-left:auto}
.tools{display:flex;gap:5px}.tools button{min-width:30px;padding:3px 8px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:4px}
.legend .f{background:var(--fore)}.legend .b{background:var(--back)}
.stage{overflow:auto;padding:8px}
.stage:focus-visible{outline-offset:-3px}
.stage svg.graph{display:block;margin:0 auto}
.still svg.graph{max-width:max(100%,var(--least));height:auto}
.notes{margin:0;padding:4px 16px;color:var(--ink);font-size:13px;list-style:none}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
"""
    + GRAPH
    + """
[data-to]{display:none}
@media print{header button,header input,.legend .keys{display:none!important}
.stage{overflow:visible}.stage svg.graph{width:100%!important;
height:auto!important;margin:0!important}
body{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
)

# What only the pages with steps have.
STEPS = """
.js body{display:grid;grid-template-rows:auto minmax(0,1fr) auto;
grid-template-columns:minmax(0,1fr);height:100vh;height:100dvh}
main{min-height:0;display:grid;grid-template-rows:minmax(0,1fr)}
.js .later,.js .gone{display:none}
.js [data-to]:not(.gone):not(.later){display:inline}
.js .ef.later{display:inline;opacity:.35}
.js .on.fw>.halo{stroke:var(--fore);stroke-opacity:.55}
.js .on.bw>.halo{stroke:var(--back);stroke-opacity:.6}
.js .e.on path{stroke-width:3px}.js .eb.on .tip,.js .ef.on .tip{stroke:none}
.strip{display:flex;gap:3px;flex-wrap:wrap;list-style:none;margin:0;padding:0}
.strip button{min-width:27px;min-height:26px;padding:0 4px;font-size:12px;background:var(--paper);
border-bottom:3px solid var(--fore)}
.strip .b{border-bottom-color:var(--back)}
.strip [aria-current]{background:var(--ink);color:var(--paper)}
.slide{display:flex;align-items:center;gap:8px}
.slide input{width:min(46vw,420px)}
.panels{background:var(--panel);border-top:1px solid var(--rule);display:grid;overflow:auto;
grid-template-columns:minmax(0,1fr);align-items:start;max-height:50vh;min-height:110px}
.panels>section{padding:12px 20px 14px;display:grid;gap:5px 16px;align-content:start;
grid-template-columns:minmax(0,1fr) auto}
.js .panels>section{grid-area:1/1;visibility:hidden}.js .panels>section.on{visibility:visible}
.panels h2{font-size:14px;margin:0;display:flex;flex-wrap:wrap;gap:4px 20px;align-items:center;
font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.panels h2 span{overflow-wrap:anywhere}
.panels .at{font:700 12px/1.7 system-ui,sans-serif;color:var(--filltext);border-radius:5px;
padding:0 8px;background:var(--forefill)}
.panels .b .at{background:var(--backfill)}
.panels p{margin:0;grid-column:1/-1;max-width:150ch}
.line{font:12px/1.7 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--grey)}
.verdict{font-weight:700}.verdict.wrong{color:var(--wrong)}.verdict.right{color:var(--right)}
.eqs{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:10px 44px;padding-top:2px}
figure{margin:0;display:flex;flex-direction:column;gap:6px;min-width:0}
figure{max-width:100%}
figcaption{width:0;min-width:max(100%,min(320px,80vw));font-size:12.5px;
line-height:1.4;color:var(--ink)}
.eq{display:flex;flex-wrap:wrap;gap:6px 7px;align-items:center;font-size:16px}
.m{display:inline-block;vertical-align:middle}
.m b{display:block;text-align:center;font-size:11px;line-height:1.5}
.m.f b{color:var(--foretext)}.m.b b{color:var(--backtext)}
.m table{border-collapse:collapse;margin:0 auto;font-size:12px;font-variant-numeric:tabular-nums}
.m td{border:1px solid var(--rule);padding:0 6px;text-align:right;line-height:18px;
min-width:34px;height:19px}
.m.f td{background:color-mix(in srgb,var(--fore) var(--a),var(--paper))}
.m.b td{background:color-mix(in srgb,var(--back) var(--a),var(--paper))}
.m td.bad{background:var(--bad)!important;color:var(--badtext)}
.m td.gap{border:0;background:none!important;height:5px;line-height:5px}
.m td:hover{outline:2px solid var(--ink);outline-offset:-1px}
.m small{display:block;font-size:11px;text-align:center;color:var(--ink)}
.m svg{display:block;margin:0 auto}
sub{font-size:70%}
sup.t{font-size:12px;font-weight:700;align-self:flex-start;margin-left:-4px}
@media (prefers-reduced-motion:no-preference){
.js .eb.on>path:first-of-type{animation:flow .8s linear 2}
@keyframes flow{from{stroke-dashoffset:0}to{stroke-dashoffset:-20}}}
@media (max-width:1420px){.legend .keys{display:none}}
@media (max-width:1320px){.legend{display:none}.tools{margin-left:auto}}
@media (max-height:800px){.m table{font-size:11px}.m td{padding:0 4px;line-height:15px;height:16px;
min-width:30px}.panels>section{padding:8px 16px 9px;gap:3px 14px}.eqs{gap:6px 30px}
figcaption{font-size:12px}.eq{font-size:14px;gap:5px}}
@media (max-width:700px){.tools{margin-left:0}header{padding:6px 8px}.panels{max-height:55vh}
.panels>section{padding:8px 10px;grid-template-columns:minmax(0,1fr)}.eqs{gap:8px 20px}
.strip{flex-wrap:nowrap;overflow-x:auto;max-width:100%}
.eq,.eqs{flex-wrap:wrap}}
@media print{.js body{display:block;height:auto}.js .later{display:inline}
.js [data-to]:not(.gone):not(.later){display:none}
.js .panels{display:block;max-height:none;height:auto!important;overflow:visible}
.js .panels>section{visibility:visible;break-inside:avoid;border-bottom:1px solid var(--rule)}
.strip,.slide{display:none}.js .ef.later{opacity:1}.js .halo{display:none}}
"""
