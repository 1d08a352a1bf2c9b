// thread: feed
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import type { JsonRecord } from "../json-value.js";
import type { Methods } from "../moonraker/methods.js";

/** Names of the USB classes that the specification gives numbers to. */
const USB_CLASSES: Readonly<Record<string, string>> = {
  "01": "Audio",
  "02": "Communications",
  "03": "Human Interface Device",
  "06": "Imaging",
  "07": "Printer",
  "08": "Mass Storage",
  "09": "Hub",
  "0a": "CDC Data",
  "0e": "Video",
  e0: "Wireless",
  ef: "Miscellaneous Device",
  ff: "Vendor Specific Class",
};
/** Ports that are no ports: terminals and placeholders for hardware that is not there. */
const NO_PORT = /^(tty\d*|console|ptmx|ttyprintk|pty.*)$/;

/** Where the folders of the kernel are; others only in tests. */
export interface DeviceFolders {
  readonly sys: string;
  readonly dev: string;
}

const HERE: DeviceFolders = { sys: "/sys", dev: "/dev" };

/** What is connected to the computer, for owners who look for the port of their board. */
export function registerPeripherals(methods: Methods): void {
  methods.add(undefined, [
    {
      name: "machine.peripherals.usb",
      http: ["GET /machine/peripherals/usb"],
      handler: async () => ({ usb_devices: await usbDevices(HERE) }),
    },
    {
      name: "machine.peripherals.serial",
      http: ["GET /machine/peripherals/serial"],
      handler: async () => ({ serial_devices: await serialDevices(HERE) }),
    },
    {
      name: "machine.peripherals.video",
      http: ["GET /machine/peripherals/video"],
      handler: async () => ({ v4l2_devices: await videoDevices(HERE), libcamera_devices: [] }),
    },
  ]);
}

/** All USB devices. */
export async function usbDevices({ sys }: DeviceFolders): Promise<JsonRecord[]> {
  const folder = join(sys, "bus/usb/devices");
  const devices: JsonRecord[] = [];
  for (const name of await list(folder)) {
    const read = (file: string): Promise<string | null> => text(join(folder, name, file));
    const [bus, device, vendor, product] = await Promise.all(["busnum", "devnum", "idVendor", "idProduct"].map(read));
    if (bus === null || device === null) continue;
    const [manufacturer, title, serial, kind] = await Promise.all(
      ["manufacturer", "product", "serial", "bDeviceClass"].map(read),
    );
    devices.push({
      bus_num: Number(bus),
      device_num: Number(device),
      usb_location: `${bus}:${device}`,
      vendor_id: vendor,
      product_id: product,
      manufacturer,
      product: title,
      serial,
      class: USB_CLASSES[kind ?? ""] ?? null,
      subclass: null,
      protocol: null,
      description: [manufacturer, title].filter((part) => part !== null).join(" ") || null,
    });
  }
  return devices;
}

/** All serial ports, with the names that stay the same when something else is plugged in. */
export async function serialDevices(folders: DeviceFolders): Promise<JsonRecord[]> {
  const { sys, dev } = folders;
  const [byId, byPath] = await Promise.all([links(join(dev, "serial/by-id")), links(join(dev, "serial/by-path"))]);
  const devices: JsonRecord[] = [];
  for (const name of await list(join(sys, "class/tty"))) {
    if (NO_PORT.test(name)) continue;
    const device = await target(join(sys, "class/tty", name, "device"));
    if (device === undefined) continue;
    const driver = await target(join(device, "driver"));
    // An eight-port driver announces eight ports, whatever there is.
    if (
      driver === undefined ||
      (basename(driver) === "serial8250" && (await text(join(sys, "class/tty", name, "type"))) === "0")
    ) {
      continue;
    }
    const location = await usbLocation(device);
    devices.push({
      device_type: location === null ? "hardware_uart" : "usb",
      device_path: join(dev, name),
      device_name: name,
      driver_name: basename(driver),
      path_by_hardware: byPath.get(name) ?? null,
      path_by_id: byId.get(name) ?? null,
      usb_location: location,
    });
  }
  return devices;
}

/** All cameras that the kernel knows. */
export async function videoDevices({ sys, dev }: DeviceFolders): Promise<JsonRecord[]> {
  const [byId, byPath] = await Promise.all([links(join(dev, "v4l/by-id")), links(join(dev, "v4l/by-path"))]);
  const devices: JsonRecord[] = [];
  for (const name of await list(join(sys, "class/video4linux"))) {
    if (!name.startsWith("video")) continue;
    const at = join(sys, "class/video4linux", name);
    const device = await target(join(at, "device"));
    const driver = device === undefined ? undefined : await target(join(device, "driver"));
    const title = await text(join(at, "name"));
    devices.push({
      device_name: name,
      device_path: join(dev, name),
      camera_name: title ?? name,
      driver_name: driver === undefined ? "" : basename(driver),
      alt_name: title,
      hardware_bus: device === undefined ? "" : basename(device),
      modes: [],
      capabilities: [],
      version: "",
      path_by_hardware: byPath.get(name) ?? null,
      path_by_id: byId.get(name) ?? null,
      usb_location: device === undefined ? null : await usbLocation(device),
    });
  }
  return devices;
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

async function text(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).trim() || null;
  } catch {
    return null;
  }
}

async function target(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

/** The links of a folder by the name of the device that they lead to. */
async function links(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await list(folder)) {
    try {
      found.set(basename(await readlink(join(folder, name))), join(folder, name));
    } catch {
      // No link.
    }
  }
  return found;
}

/** Bus and number of the USB device that a device hangs on; null when it hangs on none. */
async function usbLocation(device: string): Promise<string | null> {
  for (let at = device; at.length > 1; at = join(at, "..")) {
    const [bus, number] = await Promise.all([text(join(at, "busnum")), text(join(at, "devnum"))]);
    if (bus !== null && number !== null) return `${bus}:${number}`;
  }
  return null;
}
