#!/bin/sh
# The half of boot.sh that is in namespaces already: makes a machine of ROOT, and becomes its systemd.
#
# What it shares with this machine is read-only: else systemd would set kernel parameters, make devices and clear folders.
set -eu
root=$1 repository=$2 node=$3

# /proc is still that of the machine outside.
read -r pid _ </proc/self/stat
echo "$pid"

mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mkdir -p usr opt dev proc sys run tmp old
for folder in bin sbin lib lib64; do
  [ ! -e "/$folder" ] || ln -sfn "usr/$folder" "$folder"
done

# The command `holdfast`, as a package would bring it, in a layer above what is installed.
mount -t tmpfs -o mode=755 tmpfs opt
mkdir -p opt/holdfast opt/layer/bin
cat >opt/layer/bin/holdfast <<'HOLDFAST'
#!/bin/sh
exec /opt/node /opt/holdfast/packages/cli/src/main.ts "$@"
HOLDFAST
chmod 755 opt/layer/bin/holdfast
mount -t overlay -o "lowerdir=$root/opt/layer:/usr" overlay usr
mount --bind "$repository" opt/holdfast
mount -o remount,bind,ro opt/holdfast
touch opt/node
mount --bind "$node" opt/node
mount -o remount,bind,ro opt/node

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
