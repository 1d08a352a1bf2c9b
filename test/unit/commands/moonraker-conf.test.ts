import { expect, test } from "vitest";
import { readMoonrakerConf } from "../../../host/commands/moonraker-conf.js";
import type { ConfigFiles } from "../../../host/config/files.js";
import { HostError } from "../../../host/shared/errors.js";

const PATH = "/config/moonraker.conf";

function files(content: string | undefined): ConfigFiles {
  return {
    read: (path) => {
      if (content !== undefined && path === PATH) return Promise.resolve(Buffer.from(content));
      const details = { path, reason: "there is no such file" };
      return Promise.reject(new HostError("CFG_FILE_UNREADABLE", "gone", { details, fix: "make it" }));
    },
    list: () => Promise.resolve([]),
  };
}

const DEFAULTS = {
  access: { trusted: [], cors: [], hosts: [], apiKey: true, forceLogins: false },
  jobQueue: { automatic: false, loadOnStart: false, delayS: 0.01, transitionGcode: "", queueUploads: false },
  stores: { temperatures: 1200, gcode: 1000 },
  uploadBytes: 2 ** 30,
  webcams: [],
  mqtt: undefined,
  notes: [],
};

test("without the file everything is as usual", async () => {
  expect(await readMoonrakerConf(PATH, files(undefined))).toEqual(DEFAULTS);
  expect(await readMoonrakerConf(PATH, files(""))).toEqual(DEFAULTS);
});

test("what an owner has from before is taken over", async () => {
  const content = `
[server]
host: 0.0.0.0
max_upload_size: 2048
[authorization]
trusted_clients:
    192.168.1.0/24
    FE80::/10
    my.friend.example
cors_domains:
    *.local
    https://my.mainsail.xyz
force_logins: True
[data_store]
temperature_store_size: 600
[file_manager]
queue_gcode_uploads: true
[job_queue]
automatic_transition: yes
job_transition_delay: 5
[webcam cam]
stream_url: /webcam/?action=stream
snapshot_url: /webcam/?action=snapshot
[webcam old]
enabled: False
[mqtt]
address: broker.lan
username: me
password: secret
instance_name: fleet/7
status_objects:
    webhooks
    toolhead=position,print_time
publish_split_status: True
[update_manager mainsail]
type: web
`;
  const settings = await readMoonrakerConf(PATH, files(content));
  expect(settings).toMatchObject({
    access: {
      trusted: ["192.168.1.0/24", "FE80::/10"],
      cors: ["*://*.local", "https://my.mainsail.xyz"],
      apiKey: true,
      forceLogins: true,
    },
    jobQueue: { automatic: true, delayS: 5, queueUploads: true },
    stores: { temperatures: 600, gcode: 1000 },
    uploadBytes: 2 ** 31,
    webcams: [{ name: "cam", streamUrl: "/webcam/?action=stream", service: "mjpegstreamer" }],
    mqtt: {
      url: "mqtt://broker.lan:1883",
      username: "me",
      password: "secret",
      instance: "fleet/7",
      objects: { webhooks: null, toolhead: ["position", "print_time"] },
      intervalS: 0.25,
      split: true,
      api: true,
    },
  });
  expect(settings.notes).toEqual([
    "trusted_clients: 'my.friend.example' is left out: only addresses and ranges can be trusted",
  ]);
});

test("what cannot be used is noted and keeps nothing from starting", async () => {
  const content =
    "[server]\nmax_upload_size: lots\n[data_store]\ngcode_store_size: -3\n[mqtt]\nusername: {secrets.me}\n";
  const settings = await readMoonrakerConf(PATH, files(content));
  expect(settings).toMatchObject({ ...DEFAULTS, notes: ["mqtt: there is no address of a broker"] });
  const secret = await readMoonrakerConf(PATH, files("[mqtt]\naddress: b\npassword: {secrets.p}\n"));
  expect(secret.mqtt).toBeUndefined();
  expect(secret.notes.join()).toContain("template");
  expect((await readMoonrakerConf(PATH, files("no section here\n[server]\nmax_upload_size: 5\n"))).uploadBytes).toBe(
    5 * 2 ** 20,
  );
});
