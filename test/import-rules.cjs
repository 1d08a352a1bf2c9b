/** Who may import whom. Run: depcruise --config test/import-rules.cjs host assembly test bench */
const rule = (name, from, to) => ({ name, severity: "error", from, to });
const entry = "(main|worker)\\.ts$";

module.exports = {
  forbidden: [
    rule("no-cycles", {}, { circular: true }),
    rule(
      "no-orphans",
      { orphan: true, pathNot: [entry, "\\.d\\.ts$", "^host/extras/", "^host/feed/page/", "^(test|bench)/"] },
      {},
    ),
    rule("assembly-is-closed", { path: "^assembly/" }, { path: "^(host|test|bench|node_modules)/" }),
    rule("host-sees-only-layout", { path: "^host/" }, { path: "^assembly/(?!layout\\.ts$)" }),
    rule("production-does-not-import-tests", { path: "^(host|assembly)/" }, { path: "^(test|bench)/" }),
    rule("shared-is-a-leaf", { path: "^host/shared/" }, { path: "^host/(?!shared/)" }),
    rule("low-layers", { path: "^host/(core|config|gcode|mcu)/" }, { path: "^host/(?!$1/|shared/)" }),
    rule("virtual-sees-codec-and-shared", { path: "^host/virtual/" }, { path: "^host/(?!virtual/|mcu/|shared/)" }),
    rule("machine-layer", { path: "^host/machine/" }, { path: "^host/(?!machine/|core/|mcu/|shared/)" }),
    rule("feed-layer", { path: "^host/feed/" }, { path: "^host/(?!feed/|shared/)" }),
    rule(
      "machine-has-one-door",
      { path: "^host/(?!machine/)", pathNot: ["^host/main\\.ts$", "^host/commands/"] },
      { path: "^host/machine/(?!client\\.ts|dry/dry-machine\\.ts|messages\\.ts|setup\\.ts)" },
    ),
    rule(
      "feed-has-one-door",
      { path: "^host/(?!feed/)", pathNot: ["^host/main\\.ts$", "^host/commands/"] },
      { path: "^host/feed/(?!client\\.ts|messages\\.ts)" },
    ),
    rule(
      "printer-is-below-modules",
      { path: "^host/printer/", pathNot: "^host/printer/(module-list|feed-.*)\\.ts$" },
      { path: "^host/(devices|extras|feed)/" },
    ),
    rule("devices-layer", { path: "^host/devices/" }, { path: "^host/(extras|feed|virtual)/" }),
    rule(
      "extras-see-contract-and-devices",
      { path: "^host/extras/" },
      { path: "^host/(?!printer/module\\.ts$|devices/|shared/)" },
    ),
    rule(
      "loader-has-one-user",
      { path: "^host/", pathNot: "^host/core/" },
      { path: "node_modules/@assemblyscript/loader" },
    ),
    rule("serialport-has-one-user", { path: "^host/", pathNot: "^host/ports/" }, { path: "node_modules/@?serialport" }),
    rule("uws-has-one-user", { path: "^host/", pathNot: "^host/feed/uws\\.ts$" }, { path: "uWebSockets" }),
    rule("ws-has-one-user", { path: "^host/", pathNot: "^host/feed/node\\.ts$" }, { path: "node_modules/ws/" }),
    rule("lmdb-has-one-user", { path: "^host/", pathNot: "^host/feed/storage\\.ts$" }, { path: "node_modules/lmdb" }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(build|host/feed/page)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
