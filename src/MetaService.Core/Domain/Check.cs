using System.Text.RegularExpressions;

namespace MetaService.Domain;

/// <summary>Checks of single arguments; each throws the refusal that names the field.</summary>
public static partial class Check
{
    /// <summary>Longest instance_id, cluster_id, cluster_name, vault name and user id, in characters.</summary>
    public const int NameLength = 256;

    /// <summary>Longest cloud_unique_id, in characters.</summary>
    public const int CloudUniqueIdLength = 1024;

    /// <summary>The text when it is given and not empty.</summary>
    public static string Given(string? text, string field) => string.IsNullOrEmpty(text) ? throw Errors.Missing(field) : text;

    /// <summary>A name that goes into keys and messages: given, not too long, nothing invisible.</summary>
    public static string Name(string? text, string field, int limit = NameLength)
    {
        Given(text, field);
        if (text!.Length > limit)
        {
            throw Errors.TooLong(field, limit);
        }

        return text.Any(char.IsControl) ? throw Errors.ControlCharacters(field) : text;
    }

    /// <summary>An instance id: a name without <c>:</c>, which would make it ambiguous inside a cloud_unique_id.</summary>
    public static string InstanceId(string? text) =>
        Name(text, "instance_id").Contains(':', StringComparison.Ordinal)
            ? throw Errors.Invalid("instance_id must not hold ':'")
            : text!;

    /// <summary>A new cluster name; old data may hold others.</summary>
    public static string ClusterName(string? text, bool strict)
    {
        Name(text, "cluster.cluster_name");
        return !strict || ClusterNamePattern().IsMatch(text!)
            ? text!
            : throw Errors.Invalid("cluster.cluster_name must match [a-zA-Z][0-9a-zA-Z_]*");
    }

    /// <summary>A new vault name.</summary>
    public static string VaultName(string? text)
    {
        Name(text, "vault.name");
        return ClusterNamePattern().IsMatch(text!) ? text! : throw Errors.Invalid("vault.name must match [a-zA-Z][0-9a-zA-Z_]*");
    }

    /// <summary>A TCP port.</summary>
    public static void Port(bool given, int port, string field)
    {
        if (!given)
        {
            throw Errors.Missing(field);
        }

        if (port is < 1 or > 65535)
        {
            throw Errors.Invalid($"{field} must be a port from 1 to 65535");
        }
    }

    [GeneratedRegex(@"^[a-zA-Z][0-9a-zA-Z_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex ClusterNamePattern();
}
