namespace MetaService.Records.Cloud;

/// <summary>
/// A part of a record that holds an access key and the secret key that belongs to it. They are clear while <see
/// cref="EncryptionInfo"/> is not set, and sealed as it says otherwise.
/// </summary>
public interface IAccessKeyPair
{
    bool HasAk { get; }

    string Ak { get; set; }

    bool HasSk { get; }

    string Sk { get; set; }

    EncryptionInfoPB? EncryptionInfo { get; set; }

    void ClearAk();

    void ClearSk();
}

public sealed partial class ObjectStoreInfoPB : IAccessKeyPair;

public sealed partial class RamUserPB : IAccessKeyPair;
