"""The script of the pages: it shows and hides what is there, and computes nothing."""

from __future__ import annotations

# The button that changes the theme; what was chosen lasts as long as the page.
THEME = """
(function(){
var root=document.documentElement,button=document.getElementById('theme');
root.classList.add('js');
function dark(){return root.dataset.theme?root.dataset.theme==='dark':
matchMedia('(prefers-color-scheme: dark)').matches}
function name(){button.textContent=dark()?'light':'dark';
button.setAttribute('aria-label','switch to the '+(dark()?'light':'dark')+' theme')}
button.hidden=false;
button.addEventListener('click',function(){root.dataset.theme=dark()?'light':'dark';name()});
name();
})();
"""

# A picture that stands still: larger, smaller, all of it in the window.
ZOOM = """
(function(){
var stage=document.querySelector('.stage'),svg=stage.querySelector('svg.graph');
var wide=+svg.getAttribute('width'),high=+svg.getAttribute('height');
function scale(s){
var view=stage.getBoundingClientRect(),now=svg.getBoundingClientRect();
var x=(view.left+view.width/2-now.left)/now.width,y=(view.top+view.height/2-now.top)/now.height;
s=Math.max(0.05,Math.min(4,s));
svg.style.maxWidth='none';
svg.style.width=Math.round(wide*s)+'px';svg.style.height=Math.round(high*s)+'px';
now=svg.getBoundingClientRect();
stage.scrollLeft+=now.left+x*now.width-view.left-view.width/2;
stage.scrollTop+=now.top+y*now.height-view.top-view.height/2}
function by(f){scale(svg.getBoundingClientRect().width/wide*f)}
function whole(){var top=stage.getBoundingClientRect().top+scrollY;
scale(Math.min((stage.clientWidth-16)/wide,(innerHeight-top-16)/high,1))}
document.getElementById('nearer').addEventListener('click',function(){by(1.25)});
document.getElementById('farther').addEventListener('click',function(){by(0.8)});
document.getElementById('whole').addEventListener('click',whole);
addEventListener('keydown',function(e){
if(e.ctrlKey||e.metaKey||e.altKey)return;
if(e.key==='+'||e.key==='=')by(1.25);else if(e.key==='-')by(0.8);
else if(e.key==='0')whole();else return;
e.preventDefault()});
})();
"""

# Parts of the picture carry data-from and data-to (steps) and data-on (where they stand out).
STEPS = """
(function(){
var byId=function(id){return document.getElementById(id)};
var all=function(what){return Array.prototype.slice.call(document.querySelectorAll(what))};
var panels=all('.panels>section'),count=panels.length,now=0,timer=null;
var stage=document.querySelector('.stage'),svg=stage.querySelector('svg.graph');
var wide=+svg.getAttribute('width'),high=+svg.getAttribute('height'),zoom=0;
var still=matchMedia('(prefers-reduced-motion: reduce)');
var timed=all('[data-from],[data-to]').map(function(el){
return [el,+(el.dataset.from||0),el.dataset.to?+el.dataset.to:Infinity]});
var lit=all('[data-on]').map(function(el){return [el,el.dataset.on.split(' ').map(Number)]});
var marks=all('.strip button'),slide=byId('slide'),back=byId('back'),play=byId('play'),
next=byId('next'),live=byId('live'),place=byId('place');
function fit(){
var s=zoom||Math.min((stage.clientWidth-16)/wide,(stage.clientHeight-16)/high,1.25);
if(!zoom)s=Math.max(s,innerWidth<700?0.6:0.7);
svg.style.width=Math.round(wide*s)+'px';svg.style.height=Math.round(high*s)+'px';
svg.style.marginTop=Math.max(0,(stage.clientHeight-16-high*s)/2)+'px'}
function look(quick){
var found=[svg.getElementById(panels[now-1].dataset.card)];
found=found.concat(Array.prototype.slice.call(svg.querySelectorAll('.card.on')));
var view=stage.getBoundingClientRect(),box=null;
found.forEach(function(el){if(!el)return;var c=el.getBoundingClientRect();
var w=box?{l:Math.min(box.l,c.left),t:Math.min(box.t,c.top),r:Math.max(box.r,c.right),
b:Math.max(box.b,c.bottom)}:{l:c.left,t:c.top,r:c.right,b:c.bottom};
if(!box||(w.r-w.l<view.width&&w.b-w.t<view.height))box=w});
if(!box)return;
var x=0,y=0;
if(box.l<view.left||box.r>view.right)x=(box.l+box.r-view.left-view.right)/2;
if(box.t<view.top||box.b>view.bottom)y=(box.t+box.b-view.top-view.bottom)/2;
if(x||y)stage.scrollBy({left:x,top:y,behavior:quick||still.matches?'auto':'smooth'})}
var area=document.querySelector('.panels'),base=0;
function settle(){area.style.height='';var most=0;
heights=panels.map(function(p){return p.scrollHeight});
heights.forEach(function(h){most=Math.max(most,h)});
base=Math.min(most,Math.max(150,innerHeight*0.3))+1;area.style.height=base+'px'}
var heights=[];
function show(n,quiet){
n=Math.max(1,Math.min(count,n||1));now=n;
timed.forEach(function(t){t[0].classList.toggle('later',n<t[1]);
t[0].classList.toggle('gone',n>=t[2])});
var backward=panels[n-1].classList.contains('b');
lit.forEach(function(t){var on=t[1].indexOf(n)>=0;t[0].classList.toggle('on',on);
t[0].classList.toggle('fw',on&&!backward);t[0].classList.toggle('bw',on&&backward)});
panels.forEach(function(p,i){p.classList.toggle('on',i===n-1);
p.setAttribute('aria-hidden',i===n-1?'false':'true')});
area.scrollTop=0;area.style.height=Math.min(innerHeight*0.5,Math.max(base,heights[n-1]+1))+'px';
marks.forEach(function(m,i){if(i===n-1){m.setAttribute('aria-current','step');
var box=m.parentNode.parentNode;
if(box.scrollWidth>box.clientWidth)box.scrollLeft=m.offsetLeft-box.offsetLeft-box.clientWidth/2}
else m.removeAttribute('aria-current')});
if(slide){slide.value=n;slide.setAttribute('aria-valuetext',panels[n-1].dataset.say);
place.textContent=n+' / '+count}
back.disabled=n===1;next.disabled=n===count;
live.textContent=panels[n-1].dataset.say;
if(!quiet)try{history.replaceState(null,'','#step='+n)}catch(e){location.hash='step='+n}
look(quiet)}
function stop(){if(timer)clearInterval(timer);timer=null;play.textContent='play';
play.setAttribute('aria-label','play all steps')}
function start(){if(now===count)show(1);play.textContent='pause';
play.setAttribute('aria-label','pause');
timer=setInterval(function(){if(now<count)show(now+1);if(now===count)stop()},1600)}
function toggle(){timer?stop():start()}
function go(n){stop();show(n)}
function linked(){var m=/step=(\\d+)/.exec(location.hash);return m?+m[1]:0}
back.addEventListener('click',function(){go(now-1)});
next.addEventListener('click',function(){go(now+1)});
play.addEventListener('click',toggle);
marks.forEach(function(m,i){m.addEventListener('click',function(){go(i+1)})});
if(slide)slide.addEventListener('input',function(){go(+slide.value)});
byId('nearer').addEventListener('click',function(){scale(1.25)});
byId('farther').addEventListener('click',function(){scale(0.8)});
byId('whole').addEventListener('click',function(){zoom=0;fit();look(true)});
function scale(f){var s=svg.getBoundingClientRect().width/wide;
zoom=Math.max(0.1,Math.min(4,s*f));fit();look(true)}
addEventListener('keydown',function(e){
if(e.ctrlKey||e.metaKey||e.altKey)return;
var at=e.target,onButton=at.tagName==='BUTTON'||at.tagName==='INPUT';
var k=e.key;
if(at===slide&&(k==='ArrowLeft'||k==='ArrowRight'||k==='Home'||k==='End'))return;
if(k==='ArrowRight')go(now+1);else if(k==='ArrowLeft')go(now-1);
else if(k==='Home')go(1);else if(k==='End')go(count);
else if(k===' '&&!onButton)toggle();else return;
e.preventDefault()});
addEventListener('hashchange',function(){var n=linked();if(n&&n!==now){stop();show(n,true)}});
addEventListener('resize',function(){settle();fit();show(now,true)});
settle();fit();show(linked()||1,true);
})();
"""
