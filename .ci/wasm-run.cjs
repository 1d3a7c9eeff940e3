// Runs the tests of a program for wasm32-unknown-unknown, each in an instance of its own:
// `node .ci/wasm-run.cjs PROGRAM.wasm [FILTER]`. FLAGSTONE_WASM_AT_LEAST="name=number ..." says how many have to pass, by the name
// of the program without its hash; FLAGSTONE_WASM_WITHOUT, a regular expression, which are left out; with
// FLAGSTONE_WASM_VERBOSE=1 it says what became of each.
//
// The target has no arguments, no output, no threads, and a panic ends the program. So the tests are called one by one, as the
// test harness would call them: out of the program's table of functions, by their v0 mangled names in its name section. What became
// of one says the stack of its trap: whether it asked for a thread, or for a panic that it would have caught; else it has failed.
// A failure that looks like one of those is missing from those that have to pass.
"use strict";
const { readFileSync } = require("node:fs");
const { basename } = require("node:path");

Error.stackTraceLimit = 200;
const [program, filter = ""] = process.argv.slice(2);
const compiled = new WebAssembly.Module(readFileSync(program));

// The names of functions by their numbers: subsection 1 of the section "name".
function functionNames() {
    const bytes = new Uint8Array(WebAssembly.Module.customSections(compiled, "name")[0]);
    const [names, text] = [new Map(), new TextDecoder()];
    let at = 0;
    const number = () => {
        for (let value = 0, scale = 1; ; scale *= 128) {
            const byte = bytes[at++];
            value += (byte & 127) * scale;
            if (byte < 128) return value;
        }
    };
    while (at < bytes.length) {
        const subsection = bytes[at++];
        const end = number() + at;
        for (let left = subsection === 1 ? number() : 0; left > 0; left--) {
            const function_ = number();
            const length = number();
            names.set(function_, text.decode(bytes.subarray(at, at + length)));
            at += length;
        }
        at = end;
    }
    return names;
}

const numbered = functionNames();
const names = new Set(numbered.values());

// A test `path::name` is a constant, with a closure that calls the function of the same path, which is the second of that name.
const CALLS_A_CLOSURE = /^_RNvYNC(Nv.*?)0INt\w*?FnOnceuE9call_once/;

// The path, its last identifier apart: in `Nv` + path + `11short_pages` the number is how long that is.
function parted(path) {
    for (let length = 1; length < 200; length++) {
        const start = path.length - length;
        const digits = String(length);
        const separator = path[start] >= "0" && path[start] <= "9" ? 1 : 0;
        if (separator === 0 && path.slice(0, start).endsWith(digits) && !/\d$/.test(path.slice(0, start - digits.length))) {
            return [path.slice(0, start - digits.length), path.slice(start - digits.length)];
        }
    }
    return null;
}

// `Nv` + `NtNtC` + hash + `9flagstone3raw` and so on, as `flagstone::raw`.
function readable(path) {
    const identifiers = [];
    let rest = path.replace(/^(N[a-z])*C(s[0-9A-Za-z]*_)?/, "");
    for (let found; (found = rest.match(/^(?:s[0-9A-Za-z]*_)?(\d+)_?/)); ) {
        rest = rest.slice(found[0].length);
        identifiers.push(rest.slice(0, Number(found[1])));
        rest = rest.slice(Number(found[1]));
    }
    return identifiers.join("::");
}

const tests = [];
const table = new WebAssembly.Instance(compiled, {}).exports.__indirect_function_table;
for (let place = 0; place < table.length; place++) {
    const name = numbered.get(Number(table.get(place)?.name));
    const path = name?.match(CALLS_A_CLOSURE)?.[1];
    const parts = path && parted(path);
    if (parts && names.has(`_R${parts[0]}s_${parts[1]}`)) {
        tests.push({ place, name, readable: readable(path) });
    }
}

function outcome({ place, name }) {
    const { exports } = new WebAssembly.Instance(compiled, {});
    // Room for the result, which is that the test has returned.
    const result = exports.memory.grow(1) * 65536;
    try {
        exports.__indirect_function_table.get(place)(result);
        return ["passed"];
    } catch (error) {
        const stack = String(error.stack);
        // From the trap to the test.
        const inside = stack.slice(0, stack.indexOf(name));
        if (/3std\w*6thread\w*(spawn|JoinHandle)/.test(inside)) return ["needs threads"];
        if (/3std\w*9panicking\w*catch_unwind/.test(inside)) return ["needs panics that are caught"];
        return ["failed", stack];
    }
}

const counts = { passed: 0, failed: 0, "needs threads": 0, "needs panics that are caught": 0 };
const begun = process.hrtime.bigint();
const without = new RegExp(process.env.FLAGSTONE_WASM_WITHOUT || "$^");
for (const test of tests.filter(({ readable }) => readable.includes(filter) && !without.test(readable))) {
    const [what, stack] = outcome(test);
    counts[what] += 1;
    if (what === "failed") console.log(`${test.readable}: failed\n${stack}`);
    else if (process.env.FLAGSTONE_WASM_VERBOSE) console.log(`${test.readable}: ${what}`);
}
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
const title = basename(program).replace(/-[0-9a-f]*\.wasm$/, "");
console.log(`${title}: ${Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(", ")}; ${seconds.toFixed(1)} s`);
const wanted = (process.env.FLAGSTONE_WASM_AT_LEAST ?? "").match(new RegExp(`(?:^| )${title}=(\\d+)`))?.[1] ?? 1;
if (counts.passed < wanted) console.log(`${title}: ${wanted} have to pass`);
process.exitCode = counts.failed > 0 || counts.passed < wanted ? 1 : 0;
