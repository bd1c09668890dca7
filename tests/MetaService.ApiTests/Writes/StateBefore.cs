using MetaService.Records.Cloud;
using Status = MetaService.Records.Cloud.InstanceInfoPB.Types.Status;

namespace MetaService.ApiTests.Writes;

/// <summary>
/// The instance as it must have been for a recorded request to lead to the recorded result: the inverse of each operation.
/// Where the operation sets a time, the time is another one before, or none.
/// </summary>
public static class StateBefore
{
    private const long Earlier = 1_600_000_000;

    public static InstanceInfoPB Of(RecordedWrite write, InstanceInfoPB after)
    {
        var before = after.Clone();
        switch (write.Endpoint)
        {
            case "add_obj_info":
                before.ObjInfo.RemoveAt(before.ObjInfo.Count - 1);
                break;
            case "update_ak_sk":
                var store = before.ObjInfo.Single(o => o.UserId == (string)write.Body["internal_bucket_user"]![0]!["user_id"]!);
                store.Ak = "earlier ak";
                store.Sk = "earlier sk";
                store.EncryptionInfo = null;
                store.Mtime = Earlier;
                break;
            case "enable_instance_sse":
                before.SseEnabled = false;
                before.ClearMtime();
                foreach (var objInfo in before.ObjInfo)
                {
                    objInfo.SseEnabled = false;
                    objInfo.Mtime = Earlier;
                }

                break;
            case "set_instance_status":
                before.Status = Status.Normal;
                before.Mtime = Earlier;
                break;
            case "drop_instance":
                before.Status = Status.Normal;
                before.ClearMtime();
                break;
            default:
                UndoOnCluster(write, before);
                break;
        }

        return before;
    }

    private static void UndoOnCluster(RecordedWrite write, InstanceInfoPB before)
    {
        var request = write.Body["cluster"]!;
        var cluster = before.Clusters.Single(c => c.ClusterId == (string)request["cluster_id"]!);
        switch (write.Endpoint)
        {
            case "add_cluster":
                before.Clusters.Remove(cluster);
                break;
            case "set_cluster_status":
                cluster.ClusterStatus =
                    cluster.ClusterStatus == ClusterStatus.Normal ? ClusterStatus.ToResume : ClusterStatus.Normal;
                break;
            case "rename_cluster":
                cluster.ClusterName = "earlier";
                break;
            case "update_cluster_mysql_user_name":
                cluster.MysqlUserName.Clear();
                cluster.MysqlUserName.Add("earlier");
                break;
            case "add_node":
                foreach (var id in request["nodes"]!.AsArray().Select(n => (string)n!["cloud_unique_id"]!))
                {
                    cluster.Nodes.Remove(cluster.Nodes.Single(n => n.CloudUniqueId == id));
                }

                break;
            case "drop_node":
                cluster.Nodes.Add(request["nodes"]!.AsArray().Select(n => new NodeInfoPB
                {
                    CloudUniqueId = (string)n!["cloud_unique_id"]!,
                    Ip = (string)n["ip"]!,
                    HeartbeatPort = (int)n["heartbeat_port"]!,
                    Ctime = Earlier,
                    Mtime = Earlier,
                    Status = NodeStatusPB.NodeStatusRunning,
                }));
                break;
            default:
                throw new NotSupportedException($"no test knows the inverse of {write.Endpoint}");
        }
    }
}
