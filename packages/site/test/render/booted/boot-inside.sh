#!/bin/sh
# The half of boot.sh that is in namespaces already: makes a machine of ROOT, and becomes its systemd.
#
# What it shares with this machine is read-only: else systemd would set kernel parameters, make devices and clear folders.
set -eu
root=$1

# /proc is still that of the machine outside.
read -r pid _ </proc/self/stat
echo "$pid"

mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mkdir -p usr opt dev proc sys run tmp old var/lib/dpkg
for folder in bin sbin lib lib64; do
  [ ! -e "/$folder" ] || ln -sfn "usr/$folder" "$folder"
done

# The programs of this machine and dpkg's list of them. Packages that are installed here stay in memory.
mount -t tmpfs -o mode=755 tmpfs opt
# The overrides of this machine name its users and groups, which the machine in here does not have.
mkdir -p opt/upper/var/lib/dpkg
: >opt/upper/var/lib/dpkg/statoverride
for folder in usr var/lib/dpkg; do
  mkdir -p "opt/upper/$folder" "opt/work/$folder"
  layers="lowerdir=/$folder,upperdir=$root/opt/upper/$folder,workdir=$root/opt/work/$folder"
  mount -t overlay -o "$layers" overlay "$folder"
done

mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done

pivot_root . old
cd /
umount -l old
# systemd expects it of what runs it in a container: else no service sees its credentials.
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --system --unit=basic.target >/dev/null 2>&1
