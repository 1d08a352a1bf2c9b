import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { serialDevices, usbDevices, videoDevices } from "../../../../host/feed/machine/peripherals.js";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** Folders of a kernel with one board on USB, one UART, one camera and a terminal. */
function kernel(): { sys: string; dev: string } {
  const root = mkdtempSync(join(tmpdir(), "steadyhand-kernel-"));
  made.push(root);
  const file = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${content}\n`);
  };
  const link = (path: string, to: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(to.startsWith("..") ? to : join(root, to), join(root, path));
  };
  const usb = "sys/devices/usb1/1-1";
  for (const [name, content] of Object.entries({
    busnum: "1",
    devnum: "4",
    idVendor: "1d50",
    idProduct: "614e",
    manufacturer: "Klipper",
    product: "stm32f446xx",
    serial: "1A2B",
    bDeviceClass: "02",
  })) {
    file(`${usb}/${name}`, content);
  }
  link("sys/bus/usb/devices/1-1", usb);
  file("sys/drivers/cdc_acm/x", "");
  file("sys/drivers/serial8250/x", "");
  file("sys/drivers/uart-pl011/x", "");
  link(`${usb}/1-1:1.0/driver`, "sys/drivers/cdc_acm");
  link("sys/class/tty/ttyACM0/device", `${usb}/1-1:1.0`);
  link("sys/devices/soc/fe201000/driver", "sys/drivers/uart-pl011");
  link("sys/class/tty/ttyAMA0/device", "sys/devices/soc/fe201000");
  link("sys/devices/platform/serial8250/driver", "sys/drivers/serial8250");
  link("sys/class/tty/ttyS3/device", "sys/devices/platform/serial8250");
  file("sys/class/tty/ttyS3/type", "0");
  file("sys/class/tty/tty1/x", "");
  link("dev/serial/by-id/usb-Klipper_stm32f446xx_1A2B-if00", "../../ttyACM0");
  file("sys/class/video4linux/video0/name", "C920");
  link("sys/class/video4linux/video0/device", `${usb}/1-1:1.0`);
  return { sys: join(root, "sys"), dev: join(root, "dev") };
}

test("serial ports have the name that stays; those without hardware are left out", async () => {
  const { sys, dev } = kernel();
  const found = await serialDevices({ sys, dev });
  expect(found.map(({ device_name }) => device_name)).toEqual(["ttyACM0", "ttyAMA0"]);
  expect(found[0]).toMatchObject({
    device_type: "usb",
    driver_name: "cdc_acm",
    path_by_id: join(dev, "serial/by-id/usb-Klipper_stm32f446xx_1A2B-if00"),
    usb_location: "1:4",
  });
  expect(found[1]).toMatchObject({ device_type: "hardware_uart", path_by_id: null, usb_location: null });
});

test("USB devices and cameras are told with what they say about themselves", async () => {
  const folders = kernel();
  expect(await usbDevices(folders)).toEqual([
    {
      bus_num: 1,
      device_num: 4,
      usb_location: "1:4",
      vendor_id: "1d50",
      product_id: "614e",
      manufacturer: "Klipper",
      product: "stm32f446xx",
      serial: "1A2B",
      class: "Communications",
      subclass: null,
      protocol: null,
      description: "Klipper stm32f446xx",
    },
  ]);
  expect(await videoDevices(folders)).toMatchObject([
    { device_name: "video0", camera_name: "C920", usb_location: "1:4" },
  ]);
});

test("a computer without any of them has empty lists", async () => {
  const nowhere = { sys: "/nowhere", dev: "/nowhere" };
  expect([await usbDevices(nowhere), await serialDevices(nowhere), await videoDevices(nowhere)]).toEqual([[], [], []]);
});
