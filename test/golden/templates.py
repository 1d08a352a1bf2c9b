"""Records what Python's jinja2 makes of many templates: writes templates.json.

    python3 test/golden/templates.py

Needs the jinja2 package (recorded with 3.1.2 on Python 3.11.2). The environment has the delimiters that macros use
and defaults otherwise. The templates are those of templates.txt (one a line, a line break shown as U+23CE),
combinations of the tables below, and random expressions and statements of a fixed seed.
Cases: [template, text] or [template, null, exception].
"""

import ast
import collections
import json
import os
import random
import re
import sys

import jinja2

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = jinja2.Environment("{%", "%}", "{", "}")
AXES = ("x", "y", "z", "e")

CONTEXT = r"""{'i': 7, 'n': -3, 'z': 0, 'big': 12345678901234567890, 'f': 2.5, 'g': 10.0, 'h': -0.1, 'tiny': 1e-07,
'huge': 1e+17, 't': True, 'u': False, 'none_': None, 's': 'Hello World', 'num': '42', 'fnum': '3.75', 'q': "it's",
'e': '', 'uni': 'größe 🎉 x', 'l': [3, 1, 2], 'ls': ['b', 'A', 'c'], 'lf': [1.5, 2, 0.1], 'le': [],
'mix': [1, 'a', None, 2.5, True, (1,)], 'tup': (1, 2.0, 'x'), 'd': {'a': 1, 'b': 2.5, 'c': 'z', 'items_': [1, 2]},
'de': {}, 'dm': {1: 'one', 2.5: 'x', (1, 2): 'tup', True: 'yes'},
'rows': [{'name': 'x', 'v': 3, 'on': True}, {'name': 'Y', 'v': 1, 'on': False}, {'name': 'a', 'v': 2.5, 'on': True}],
'params': {'TEMP': '210', 'SPEED': '50.5', 'NAME': 'abc', 'EMPTY': ''},
'nested': {'a': {'b': {'c': [10, 20, {'d': 'deep'}]}}}}"""
COORDINATE = (1.5, -20.0, 0.25, 0.0)
PRINTER = """{'toolhead': {'homed_axes': 'xyz', 'position': (1.5, -20.0, 0.25, 0.0),
'axis_maximum': (250.0, 210.0, 240.5, 0.0)}, 'output_pin a b': {'value': 0.5},
'configfile': {'settings': {'extruder': {'max_temp': 300.0}, 'heater_bed': {}}}}"""


class Coordinate(collections.namedtuple("Coordinate", AXES)):
    """A position as status objects give it: a tuple whose elements have names."""

    __slots__ = ()
    __repr__ = __str__ = lambda self: tuple.__repr__(tuple(self))


class Printer:
    """What macros see as `printer`: indexed and iterated, nothing else."""

    def __init__(self, objects):
        for status in objects.values():
            for key, value in status.items():
                if isinstance(value, tuple):
                    status[key] = Coordinate(*value)
        self.objects = objects

    def __getitem__(self, key):
        return self.objects[str(key).strip()]

    def __contains__(self, key):
        return str(key).strip() in self.objects

    def __iter__(self):
        return iter(self.objects)


VALUES = (
    "i n z big f g h tiny huge t u none_ s num q e uni l ls lf le mix tup d de dm rows undef params nested pos range(4)"
).split()
NUMBERS = "i n z big f g h t tiny 0.0 2 -3 -2.5 7.0 0.5 3".split()
OPERANDS = "i f t none_ s l tup d undef range(3) le e".split()
OPERATORS = "+ - * / // % ** < <= == != in and or ~".split() + ["not in"]
LITERALS = (
    "1.0 0.1 1e5 1e15 1e16 1e17 123456789012345678 1.5e-5 0.0001 0.00001 5e-324 1.7976931348623157e308 1e22 1e21 "
    "123456.789e3 9007199254740993 2**53 2**64 -0.0 1e308*10 1_000 0x1F 0b101 0o17 1_0.5 1e+5 1E5 00"
).split() + ["0.1 + 0.2", "1/3", "2/3", "100/3", "1e16+1", "10**15/1", "0.0*-1", "7//2.0", "6/2", "3.0*2"]
KEYS = '0 -1 1 5 -9 "a" none_ 1.0 true [1] (1,2) 1: ::2 :2 ::-1 -2: 5:1 1:5:2 :-1 ::0 "x"'.split()
TESTS = (
    "boolean callable defined even false float integer iterable lower mapping none number odd sequence string true "
    "undefined upper divisibleby(2) in(l) eq(1) gt(1) lt('b') ne(none) sameas(none)"
).split()
FILTERS = r"""abs capitalize count default(5) default("x",true) d("x",boolean=true) dictsort dictsort(by="value")
escape filesizeformat filesizeformat(true) first float float(1.5) format(1) groupby("on") groupby("v") indent("> ",true)
int int(9) int(base=16) int(0,2) items|list join join(",") join(",",attribute="name") last length list lower
map("int")|list map("string")|join map("upper")|list map("default","q")|list map(attribute="name")|list
map(attribute="nope",default="-")|list map("length")|list map("round",1)|list max max(attribute="v") min
min(case_sensitive=true) pprint reject("odd")|list reject("none")|list rejectattr("on")|list replace("l","L")
replace("","-") replace(1,2) reverse|list round round(1) round(-1) round(2,"floor") round(0,"ceil") round(1,"x")
select|list select("number")|list select(">",1)|list selectattr("v","gt",1)|list slice(2)|list slice(3,"-")|list sort
sort(true) sort(attribute="v") sort(case_sensitive=true) string striptags sum sum(attribute="v") sum(start=10) title
tojson tojson(2) trim trim("Hd") truncate(5) truncate(5,true) unique|list upper urlencode wordcount wordwrap(5)
batch(2,"-")|list center(9) attr("name")|string forceescape safe nofilter map("nofilter")|list select()|list""".split()
METHODS = {
    "s": """upper() title() swapcase() strip("Hd") lstrip("H") split() split("o") split("o",1) split(none,1) rsplit("o",1)
        split("") find("o") find("o",5) find("zz") rfind("o") index("q") count("l") replace("o","0",1) startswith("He")
        startswith(("x","He")) endswith("ld") isalpha() isdigit() istitle() center(16,"*") ljust(14,".") zfill(14)
        partition(" ") rpartition("o") join(["a","b"]) join([1]) removeprefix("He") format() translate({72:"J",101:none})
        splitlines() expandtabs() foo() upper(1) find() zfill("a") __len__() __contains__("W") format_map({})""",
    "num": "isdigit() zfill(5) isdecimal() center(5,'é') rjust(6,'0')",
    "uni": "upper() title() split() find('x') find('🎉') center(14,'🎉') replace('🎉','-') rfind('e') isascii()",
    "l": """append(4) extend([5,6]) extend("ab") extend(5) insert(0,9) insert(-1,9) pop() pop(0) pop(9) remove(1) remove(9)
        index(2) index(9) count(1) sort() sort(reverse=true) reverse() clear() copy() append() __setitem__(0,9)
        __setitem__(9,9) __delitem__(0) __getitem__(1) __getitem__(9)""",
    "d": """get("a") get("q") get("q",5) keys() values() items() items()|list pop("a") pop("q") pop("q",0) popitem()
        update({"a":9,"n":1}) update(a=3) update([("x",1)]) update([1]) setdefault("a",5) setdefault("q",5) copy() clear()
        __setitem__("z",1) __delitem__("a") __delitem__("q") __getitem__("q") foo() get() fromkeys(["a","b"],0)""",
    "tup": "index(2.0) index(9) count(1) append(1)",
    "i": "bit_length() real numerator foo bit_count()",
    "f": "is_integer() real imag as_integer_ratio() foo",
    "pos": "x y z e q count(0.0)",
}
PERCENT = (
    "%d %5d %-5d| %05d %+d %x %#X %o %e %.2e %f %.1f %.0f %10.3f %010.2f %g %.3g %#g %s %.2s %5s %r %c %i %.5d %.20f %q %"
).split()
SPECS = (
    "5 <5 >5 ^5 *^7 05 + .2f .0f 8.3f <8.2f 08.2f e .3e g .4g % .1% x #x #010x b c , _ ,.2f 015, .2s 10s =+6 z.1f 5. q .3 "
    "10.4 #.0f _x <05"
).split()
FORMATTED = "i n f g h big tiny t s none_ 1234567.891 65 2.5 0.125 1e100 1e20 -0.0 999999.5 l undef".split()


def table_cases():
    for literal in LITERALS:
        yield "{ %s }" % literal
    for v in VALUES:
        yield "{ %s }{ [%s] }{ (%s,) }{ {'k': %s} }" % (v, v, v, v)
        yield "{ '%%s|%%r' %% (%s, %s) }{ 'y' if %s else 'n' }{ not %s }{ %s ~ '|' }" % (v, v, v, v, v)
        for key in KEYS:
            yield "{ %s[%s] }" % (v, key)
        for name in TESTS:
            yield "{ %s is %s }" % (v, name)
        for name in FILTERS:
            yield "{ %s|%s }" % (v, name)
    for a in NUMBERS:
        for b in NUMBERS:
            yield "{ %s < %s }{ %s == %s }{ %s >= %s }" % (a, b, a, b, a, b)
            for op in ("+", "-", "*", "/", "//", "%"):
                yield "{ %s %s %s }" % (a, op, b)
    for a in OPERANDS:
        for b in OPERANDS:
            for op in OPERATORS:
                yield "{ %s %s %s }" % (a, op, b)
    for owner, methods in METHODS.items():
        for method in methods.split():
            yield "{ %s.%s }" % (owner, method)
            if owner in "ld":
                yield "{%% set _ = %s.%s %%}{ %s }" % (owner, method, owner)
    for value in FORMATTED:
        for conversion in PERCENT:
            yield '{ "%s" %% (%s,) }' % (conversion, value)
        for spec in SPECS:
            yield '{ "{:%s}".format(%s) }' % (spec, value)


class Expressions:
    """Random expressions that mostly make sense."""

    def __init__(self, seed):
        self.rnd = random.Random(seed)

    def number(self, k):
        pick = self.rnd.choice
        if k <= 0:
            return pick("i n z f g h 1 2 0 0.5 3 10 2.0 params.TEMP|int params.SPEED|float l[0] pos.x d.b t".split())
        shape = pick(["binary", "binary", "filter", "aggregate", "condition", "parsed", "negative"])
        if shape == "binary":
            return "(%s %s %s)" % (self.number(k - 1), pick(["+", "-", "*", "/", "//", "%"]), self.number(k - 1))
        if shape == "filter":
            return "(%s)|%s" % (self.number(k - 1), pick(["int", "float", "abs", "round", "round(1)", 'round(0,"floor")']))
        if shape == "aggregate":
            return "(%s)|%s" % (self.items(k - 1), pick(["length", "sum", "max", "min", "first", "last"]))
        if shape == "condition":
            return "(%s if %s else %s)" % (self.number(k - 1), self.condition(k - 1), self.number(k - 1))
        return "(%s)|%s" % (self.text(k - 1), pick(["int", "float"])) if shape == "parsed" else "(-(%s))" % self.number(k - 1)

    def text(self, k):
        pick = self.rnd.choice
        if k <= 0:
            return pick(["s", "num", "q", "e", "'abc'", "'a,b,c'", "params.NAME", "ls[0]", "uni"])
        shape = pick(["concat", "filter", "method", "percent", "format", "slice", "join"])
        if shape == "concat":
            return "(%s ~ %s)" % (self.any(k - 1), self.any(k - 1))
        if shape == "filter":
            return "(%s)|%s" % (self.text(k - 1), pick(["upper", "title", "capitalize", "trim", 'replace("a","b")', "center(8)"]))
        if shape == "method":
            return "(%s).%s" % (self.text(k - 1), pick(["lower()", "strip()", 'replace("l","")', "zfill(6)", 'split(",")|join(";")']))
        if shape == "percent":
            return "('%s' %% (%s,))" % (pick(["%d", "%5.2f", "%s", "%r", "%05d", "%g", "%e", "%-6s|"]), self.number(k - 1))
        if shape == "format":
            return "'{:%s}'.format(%s)" % (pick(["", ".2f", ">6", "05", "g", "+", ",", "^8", ".3"]), self.number(k - 1))
        if shape == "slice":
            return "(%s)[%s]" % (self.text(k - 1), pick(["0", "-1", "1:", "::-1", ":3", "5"]))
        return "(%s)|join(%s)" % (self.items(k - 1), pick(["','", "''"]))

    def items(self, k):
        pick = self.rnd.choice
        if k <= 0:
            return pick(["l", "ls", "lf", "le", "tup", "mix", "[1,2,3]", "range(5)|list", "d.keys()|list", "(1,2)", "[i, f]"])
        shape = pick(["list", "filter", "slice", "split", "view", "repeat"])
        if shape == "list":
            return "[%s]" % ", ".join(self.any(k - 1) for _ in range(self.rnd.randint(0, 3)))
        if shape == "filter":
            names = ["sort", "list", "reverse|list", "unique|list", 'map("string")|list', 'map("int")|list', "batch(2)|list"]
            return "(%s)|%s" % (self.items(k - 1), pick(names))
        if shape == "slice":
            return "(%s)[%s]" % (self.items(k - 1), pick(["1:", "::-1", ":2", "-2:"]))
        if shape == "split":
            return "(%s).split(%s)" % (self.text(k - 1), pick(["','", "", "'l'"]))
        return "d.%s|list" % pick(["keys()", "values()", "items()"]) if shape == "view" else "((%s) * 2)" % self.items(k - 1)

    def condition(self, k):
        pick = self.rnd.choice
        if k <= 0:
            return pick("true false i z s e none_ undef le u".split())
        shape = pick(["compare", "member", "logic", "not", "test"])
        if shape == "compare":
            return "%s %s %s" % (self.number(k - 1), pick(["<", ">", "<=", ">=", "==", "!="]), self.number(k - 1))
        if shape == "member":
            return "(%s) %s (%s)" % (self.any(k - 1), pick(["in", "not in", "=="]), self.items(k - 1))
        if shape == "logic":
            return "(%s %s %s)" % (self.condition(k - 1), pick(["and", "or"]), self.condition(k - 1))
        if shape == "not":
            return "not (%s)" % self.condition(k - 1)
        return "(%s) is %s" % (self.any(k - 1), pick(["defined", "none", "number", "string", "mapping", "iterable", "not true"]))

    def any(self, k):
        return self.rnd.choice([self.number, self.number, self.text, self.items, self.condition])(k)


class Statements:
    """Random statements around few names, to exercise scopes. Names of the context are read, never set."""

    NAMES = "a b c k x".split()

    def __init__(self, seed):
        self.rnd = random.Random(seed)

    def value(self, calls=True):
        pick = self.rnd.choice
        name = pick(self.NAMES)
        choices = [name, str(self.rnd.randint(0, 4)), "loop.index", name + "|default(8)", "(%s ~ %s)" % (name, pick(self.NAMES)), "ns.v", "l[1]"]
        if calls:
            choices.append("%s(%s)" % (pick(["m1", "m2"]), self.value(False)))
        return pick(choices)

    def test(self):
        pick = self.rnd.choice
        return pick(["true", "false", self.value() + " == 1", "loop.first", "loop is defined", pick(self.NAMES) + " is defined"])

    def tag(self, text):
        pick = self.rnd.choice
        return "{%%%s %s %s%%}" % (pick([""] * 8 + ["-", "+"]), text, pick([""] * 8 + ["-", "+"]))

    def body(self, k):
        return "".join(self.statement(k) for _ in range(self.rnd.randint(1, 2)))

    def statement(self, k):
        pick = self.rnd.choice
        name = pick(self.NAMES)
        shape = pick(["out", "out", "set", "set", "ns", "if", "for", "for", "macro", "with", "block", "filter", "call"])
        if k <= 0 or shape == "out":
            return pick(["{ %s },", "[{ %s }]", " { %s }\n"]) % self.value()
        if shape == "set":
            return self.tag("set %s = %s" % (name, self.value()))
        if shape == "ns":
            return self.tag("set ns.v = %s" % self.value())
        if shape == "if":
            return self.tag("if " + self.test()) + self.body(k - 1) + self.tag("else") + self.body(k - 1) + self.tag("endif")
        if shape == "for":
            over = pick(["l", "[1,2]", "range(2)", "[]", "ls", "d", "l|sort"]) + pick(["", "", " if " + self.test()])
            return self.tag("for %s in %s" % (name, over)) + self.body(k - 1) + pick(["", self.tag("else") + "-"]) + self.tag("endfor")
        if shape == "macro":
            head = self.tag("macro %s(%s)" % (pick(["m1", "m2"]), pick(["", "a", "a=1", "a, b=a"])))
            return head + self.body(k - 1) + pick(["", "{ varargs }", "{ caller() if caller }"]) + self.tag("endmacro")
        if shape == "with":
            return self.tag("with %s = %s" % (name, self.value())) + self.body(k - 1) + self.tag("endwith")
        if shape == "block":
            return self.tag("set " + name) + self.body(k - 1) + self.tag("endset")
        if shape == "filter":
            return self.tag("filter upper") + self.body(k - 1) + self.tag("endfilter")
        return self.tag("call %s(%s)" % (pick(["m1", "m2"]), self.value(False))) + self.body(k - 1) + self.tag("endcall")


def names():
    made = ast.literal_eval(CONTEXT)
    made["pos"] = Coordinate(*COORDINATE)
    made["printer"] = Printer(ast.literal_eval(PRINTER))
    return made


def record(template):
    """The case, or None when its text depends on where objects are in memory or on the optimizer."""
    try:
        text = ENVIRONMENT.from_string(template).render(names())
    except NameError:
        return None  # jinja2 folds infinities into code that it cannot run
    except Exception as error:  # whatever a template can raise is the result
        return [template, None, type(error).__name__]
    return None if re.search(r" at 0x|<built-in|_iterator|iterator object", text) else [template, text]


def main():
    with open(os.path.join(HERE, "templates.txt"), encoding="utf8") as file:
        written = [line.rstrip("\n").replace("\u23ce", "\n") for line in file if line != "\n"]
    sample = random.Random(20).sample
    tables = sample(list(dict.fromkeys(table_cases())), 3000)
    expressions, statements = Expressions(6), Statements(7)
    drawn = ["{ %s }" % expressions.any(expressions.rnd.choice([1, 2, 2, 3])) for _ in range(1200)]
    macros = "{% set ns = namespace(v=0) %}{% macro m1(a) %}<{a}>{% endmacro %}{% macro m2(a, b=2) %}{b}{x}{% endmacro %}"
    nested = [macros + "".join(statements.statement(3) for _ in range(3)) for _ in range(400)]
    cases = [record(template) for template in dict.fromkeys(written + tables + drawn + nested)]
    found = {"context": CONTEXT, "coordinate": list(COORDINATE), "printer": PRINTER, "cases": [c for c in cases if c]}
    with open(os.path.join(HERE, "templates.json"), "w", encoding="utf8") as file:
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        file.write(text.replace('],["', '],\n["') + "\n")
    print("%d cases recorded with jinja2 %s" % (len(found["cases"]), jinja2.__version__), file=sys.stderr)


if __name__ == "__main__":
    main()
