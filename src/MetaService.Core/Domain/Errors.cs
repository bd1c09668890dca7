using MetaService.Records.Cloud;

namespace MetaService.Domain;

/// <summary>Every refusal of the resource operations. Messages that the API document shows are sent as it shows them.</summary>
public static class Errors
{
    // Arguments

    public static MetaServiceException Invalid(string message) => new(MetaServiceCode.InvalidArgument, message);

    public static MetaServiceException Missing(string field) => Invalid($"{field} is required and must not be empty");

    public static MetaServiceException TooLong(string field, int limit) => Invalid($"{field} must have at most {limit} characters");

    public static MetaServiceException ControlCharacters(string field) => Invalid($"{field} must not hold control characters");

    public static MetaServiceException UnresolvedInstance() => Invalid("empty instance_id");

    public static MetaServiceException RecordTooLarge(string what, int bytes, int limit) =>
        Invalid($"{what} would take {bytes} bytes, more than the {limit} that one record may have");

    public static MetaServiceException KeyNotFound() => new(MetaServiceCode.ClusterNotFound, "there is nothing stored under this key");

    // Instances

    public static MetaServiceException InstanceNotFound(string instanceId) =>
        new(MetaServiceCode.ClusterNotFound, $"instance not existed, instance_id={instanceId}");

    public static MetaServiceException InstanceDropped(string instanceId) =>
        new(MetaServiceCode.ClusterNotFound, $"instance has been dropped, instance_id={instanceId}");

    public static MetaServiceException InstanceAlreadyExisted(string instanceId) =>
        new(MetaServiceCode.AlreadyExisted, $"instance already existed, instance_id={instanceId}");

    public static MetaServiceException InstanceHasClusters() => Invalid("failed to drop instance, instance has clusters");

    public static MetaServiceException StatusOfDroppedInstance(string status) =>
        Invalid($"can't set deleted instance to {status}");

    public static MetaServiceException InstanceStatusUnchanged(string status) => Invalid($"the instance is already {status}");

    public static MetaServiceException SseAlreadyEnabled() => Invalid("failed to enable sse, instance has enabled sse");

    public static MetaServiceException SseAlreadyDisabled() => Invalid("failed to disable sse, instance has disabled sse");

    // Clusters

    public static MetaServiceException ClusterIdInUse(string clusterId) =>
        new(MetaServiceCode.AlreadyExisted, $"try to add a existing cluster id, existing_cluster_id={clusterId}");

    public static MetaServiceException ClusterNameInUse(string clusterName) =>
        new(MetaServiceCode.AlreadyExisted, $"try to add a existing cluster name, existing_cluster_name={clusterName}");

    public static MetaServiceException RenameToNameInUse(string clusterName) => new(
        MetaServiceCode.AlreadyExisted,
        $"failed to rename cluster, a cluster with the same name already exists in this instance, cluster_name={clusterName}");

    public static MetaServiceException RenameToSameName(string clusterJson) => new(
        MetaServiceCode.InvalidArgument,
        $"failed to rename cluster, name eq original name, original cluster is {clusterJson}",
        isDocumentedInternalError: true);

    public static MetaServiceException ClusterNotFound(string request) =>
        new(MetaServiceCode.ClusterNotFound, $"fail to get cluster with {request}");

    public static MetaServiceException ClusterToChangeNotFound(string instanceId, ClusterPB wanted) =>
        new(MetaServiceCode.ClusterNotFound, $"failed to find cluster to update, {Place(instanceId, wanted)}");

    public static MetaServiceException ClusterToDropNotFound(string instanceId, ClusterPB wanted) => new(
        MetaServiceCode.ClusterNotFound, $"failed to find cluster to drop, {Place(instanceId, wanted)}", isDocumentedInternalError: true);

    public static MetaServiceException WrongMasterCount(int masters) => new(
        MetaServiceCode.InvalidArgument,
        $"cluster is SQL type, must have only one master node, now master count: {masters}",
        isDocumentedInternalError: true);

    public static MetaServiceException NoMysqlUserName() =>
        new(MetaServiceCode.InvalidArgument, "no mysql user name to change", isDocumentedInternalError: true);

    public static MetaServiceException StatusOfSqlCluster() => Invalid("just support set COMPUTE cluster status");

    public static MetaServiceException ClusterStatusUnchanged(string status) =>
        Invalid($"failed to set cluster status, status eq original status, original cluster is {status}");

    public static MetaServiceException ClusterStatusForbidden(string from, string to) =>
        Invalid($"failed to set cluster status, original cluster is {from} and want set {to}");

    // Nodes

    /// <summary>A node of an add_cluster request that is registered already.</summary>
    public static MetaServiceException NodeOccupied(string instanceId, ClusterPB? cluster, string cloudUniqueId) =>
        new(MetaServiceCode.AlreadyExisted, NodeOccupiedMessage(instanceId, cluster, cloudUniqueId));

    /// <summary>A node of an add_node request that is registered already.</summary>
    public static MetaServiceException NodeToAddOccupied(string instanceId, ClusterPB? cluster, string cloudUniqueId) => new(
        MetaServiceCode.AlreadyExisted, NodeOccupiedMessage(instanceId, cluster, cloudUniqueId), isDocumentedInternalError: true);

    public static MetaServiceException NodeToDropNotFound(string instanceId, ClusterPB cluster, string cloudUniqueId) => new(
        MetaServiceCode.ClusterNotFound,
        $"cloud_unique_id can not find to drop node, {NodePlace(instanceId, cluster, cloudUniqueId)}",
        isDocumentedInternalError: true);

    public static MetaServiceException NodeNotFound(string instanceId, ClusterPB cluster, string cloudUniqueId) => new(
        MetaServiceCode.ClusterNotFound, $"no such node, {NodePlace(instanceId, cluster, cloudUniqueId)}");

    // Object stores, vaults and users

    public static MetaServiceException S3ConfInvalid(string field) => Invalid($"s3 conf info err, please check it: {field}");

    public static MetaServiceException RamUserInvalid(string field) => Invalid($"ram user info err, please check it: {field}");

    public static MetaServiceException KeysUnchanged() => Invalid("ak sk eq original, please check it");

    public static MetaServiceException VaultNameInUse(string name) =>
        new(MetaServiceCode.AlreadyExisted, $"vault_name={name} already created");

    public static MetaServiceException VaultNotFound(string name) =>
        Invalid($"invalid storage vault name, not found, name={name}");

    private static string Place(string instanceId, ClusterPB cluster) =>
        $"instance_id={instanceId} cluster_id={cluster.ClusterId} cluster_name={cluster.ClusterName}";

    // The document's messages put name and id of the cluster the other way round here.
    private static string NodePlace(string instanceId, ClusterPB? cluster, string cloudUniqueId) =>
        $"instance_id={instanceId} cluster_name={cluster?.ClusterName} cluster_id={cluster?.ClusterId} cloud_unique_id={cloudUniqueId}";

    private static string NodeOccupiedMessage(string instanceId, ClusterPB? cluster, string cloudUniqueId) =>
        $"cloud_unique_id is already occupied by an instance, {NodePlace(instanceId, cluster, cloudUniqueId)}";
}
